# Interface targets (warnings, sanitizers, hardening) and the two functions every folder uses.

add_library(nganam_flags INTERFACE)
target_compile_options(nganam_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes -Wcast-qual -Wformat=2 -Wundef -Wvla -Wswitch-enum -Wnull-dereference)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_compile_options(nganam_flags INTERFACE -Wlogical-op -Wduplicated-cond -Wduplicated-branches)
endif()
if(NGANAM_WERROR)
    target_compile_options(nganam_flags INTERFACE -Werror)
endif()

# CUnit's fatal assertions leave by longjmp and do not tell the compiler so: what they have checked
# looks unchecked to it. Linked behind nganam_flags, whose option it takes back.
add_library(nganam_test_flags INTERFACE)
target_compile_options(nganam_test_flags INTERFACE -Wno-null-dereference)

# Sanitizers and coverage go to every object, the generated ones too.
add_library(nganam_instrument INTERFACE)
if(NGANAM_SANITIZE)
    target_compile_options(nganam_instrument INTERFACE -fsanitize=${NGANAM_SANITIZE}
        -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(nganam_instrument INTERFACE -fsanitize=${NGANAM_SANITIZE})
endif()
if(NGANAM_FUZZ)
    # every library counts its branches for the fuzzer; only the targets link its main
    target_compile_options(nganam_instrument INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(NGANAM_COVERAGE)
    # atomic: the tests have threads, and counters that lose an update can come out negative
    target_compile_options(nganam_instrument INTERFACE --coverage -O0 -fprofile-update=atomic)
    target_link_options(nganam_instrument INTERFACE --coverage)
endif()

# Hardening as the OpenSSF list asks; fortify needs optimisation, so release builds only.
add_library(nganam_hardening INTERFACE)
if(CMAKE_BUILD_TYPE MATCHES "Release|RelWithDebInfo" AND NOT NGANAM_SANITIZE)
    target_compile_options(nganam_hardening INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
        -fstack-protector-strong -fstack-clash-protection -fPIE -fno-strict-overflow)
    target_link_options(nganam_hardening INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

# nganam_library(NAME SOURCES a.c b.c [USES lower layers and packages])
# The headers of lib/x are included as "x/name.h": only lib/ is an include root, never a folder.
function(nganam_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
    add_library(nganam_${name} STATIC ${ARG_SOURCES})
    target_compile_definitions(nganam_${name} PRIVATE _GNU_SOURCE)
    target_include_directories(nganam_${name} PUBLIC ${CMAKE_SOURCE_DIR}/lib ${CMAKE_SOURCE_DIR})
    target_link_libraries(nganam_${name} PUBLIC ${ARG_USES} nganam_instrument nganam_hardening
                          PRIVATE nganam_flags)
endfunction()

# nganam_program(nganam-x SOURCES main.c … USES …)
function(nganam_program name)
    cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_compile_definitions(${name} PRIVATE _GNU_SOURCE NGANAM_VERSION="${PROJECT_VERSION}")
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE ${ARG_USES} nganam_flags nganam_instrument nganam_hardening)
endfunction()

# What a test is run under, and how much more time it gets for that.
set(NGANAM_RUN_UNDER "")
set(NGANAM_TEST_SECONDS 300)
if(NGANAM_VALGRIND)
    set(NGANAM_RUN_UNDER valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite
        --errors-for-leak-kinds=definite --suppressions=${CMAKE_SOURCE_DIR}/tests/valgrind.supp)
    set(NGANAM_TEST_SECONDS 3000)
endif()

# nganam_test(test_x SOURCES … USES …): one CUnit program, one CTest entry (CTest isolates them).
function(nganam_test name)
    cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_compile_definitions(${name} PRIVATE _GNU_SOURCE
        NGANAM_SOURCE_DIR="${CMAKE_SOURCE_DIR}" NGANAM_BINARY_DIR="${CMAKE_BINARY_DIR}"
        $<$<BOOL:${NGANAM_VALGRIND}>:NGANAM_MEMCHECK>)
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/tests)
    target_link_libraries(${name} PRIVATE ${ARG_USES} PkgConfig::CUNIT nganam_flags nganam_test_flags
                          nganam_instrument)
    add_test(NAME ${name} COMMAND ${NGANAM_RUN_UNDER} $<TARGET_FILE:${name}>)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${NGANAM_TEST_SECONDS})
endfunction()
