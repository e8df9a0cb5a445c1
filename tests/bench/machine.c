#include "bench/machine.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

static void cpu_model(char *ret, size_t size)
{
    FILE *f = fopen("/proc/cpuinfo", "re");
    char line[512];
    (void)snprintf(ret, size, "unknown");
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        const char *value = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && value != NULL) {
            (void)snprintf(ret, size, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
            break;
        }
    }
    if (f != NULL) {
        (void)fclose(f);
    }
}

/* The type of the mount a folder is on, by its device: "ID PARENT MAJOR:MINOR … - TYPE SOURCE …",
 * proc_pid_mountinfo(5). Under a changed root that mount is not listed: then the number of
 * statfs(2), as linux/magic.h has it. */
static void filesystem(const char *folder, char *ret, size_t size)
{
    FILE *f = fopen("/proc/self/mountinfo", "re");
    char line[2048];
    struct stat s;
    struct statfs fs;
    const bool known = stat(folder, &s) == 0 && statfs(folder, &fs) == 0;
    (void)snprintf(ret, size, "type 0x%lx", known ? (unsigned long)fs.f_type : 0ul);
    while (known && f != NULL && fgets(line, sizeof(line), f) != NULL) {
        char *at = line;
        const char *type = strstr(line, " - ");
        (void)strtoul(at, &at, 10);
        (void)strtoul(at, &at, 10);
        const unsigned long major = strtoul(at, &at, 10);
        const unsigned long minor = *at == ':' ? strtoul(at + 1, &at, 10) : 0;
        if (type != NULL && makedev((unsigned)major, (unsigned)minor) == s.st_dev) {
            (void)snprintf(ret, size, "%.*s", (int)strcspn(type + 3, " \n"), type + 3);
        }
    }
    if (f != NULL) {
        (void)fclose(f);
    }
}

json_t *machine_json(const char *folder)
{
    char cpu[256];
    char type[64];
    struct utsname name = {.release = "unknown"};
    double load[1] = {0};
    cpu_model(cpu, sizeof(cpu));
    filesystem(folder, type, sizeof(type));
    (void)uname(&name);
    (void)getloadavg(load, 1);
    const json_int_t memory =
        (json_int_t)(sysconf(_SC_PHYS_PAGES) / 1024 * (sysconf(_SC_PAGESIZE) / 1024));
    return json_pack("{s:i, s:s, s:I, s:s, s:s, s:f, s:s}", "cores",
                     (int)sysconf(_SC_NPROCESSORS_ONLN), "cpu", cpu, "memory_mib", memory, "kernel",
                     name.release, "filesystem", type, "load", load[0], "version", NGANAM_VERSION);
}
