# Outside libraries; scripts/packages.txt is the one list of Debian packages that bring them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq>=4.3.4)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c>=1.4.0)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium>=1.0.18)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto>=3.0)
pkg_check_modules(QRENCODE REQUIRED IMPORTED_TARGET libqrencode>=4.1)
pkg_check_modules(PNG REQUIRED IMPORTED_TARGET libpng>=1.6)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.14)
# Debian 12 ships 2.8.0 with a .pc file that says 2.6.0.
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc>=2.6)
if(NGANAM_TESTS)
    pkg_check_modules(CUNIT REQUIRED IMPORTED_TARGET cunit)
endif()
find_program(PROTOC_C protoc-c REQUIRED)

# LMDB and libcsv ship no .pc file that Debian 12 agrees on.
find_library(LMDB_LIBRARY lmdb REQUIRED)
add_library(nganam_lmdb INTERFACE)
target_link_libraries(nganam_lmdb INTERFACE ${LMDB_LIBRARY})
find_library(CSV_LIBRARY csv REQUIRED)
add_library(nganam_csv INTERFACE)
target_link_libraries(nganam_csv INTERFACE ${CSV_LIBRARY})
