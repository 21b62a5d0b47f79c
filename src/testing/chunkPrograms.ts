/**
 * A KVM without KVM: it answers the ioctls of a test, logs them, and takes a chunk only before the
 * first memslot, as the kernel does.
 */
export const kernelStandIn = `#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

static int slots;

int ioctl(int fd, unsigned long request, ...)
{
	FILE *log = fopen(getenv("STAND_IN_LOG"), "a");
	unsigned cap;
	unsigned long long argument;
	va_list rest;
	void *pointer;
	int result = 0;

	va_start(rest, request);
	pointer = va_arg(rest, void *);
	va_end(rest);
	switch (request & 0xffff) {
	case 0xae01:
		fprintf(log, "create-vm ");
		result = 700;
		break;
	case 0xae03:
		fprintf(log, "check-extension-%d ", (int)(long)pointer);
		result = 0x40201000;
		break;
	case 0xaea3:
		memcpy(&cap, pointer, sizeof(cap));
		memcpy(&argument, (char *)pointer + 8, sizeof(argument));
		fprintf(log, "enable-cap-%u-0x%llx-of-%d ", cap, argument, fd);
		if (slots || (argument & ~0x40201000ull)) {
			errno = EINVAL;
			result = -1;
		}
		break;
	default:
		fprintf(log, "memslot ");
		slots++;
	}
	fclose(log);
	return result;
}
`;

/** What dirty_log_perf_test does of this: a VM, a memslot, and its output. */
export const testStandIn = String.raw`#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

int main(int argc, char **argv)
{
	char region[32] = { 0 };
	int makes_vm = argc < 2 || strcmp(argv[argc - 1], "shmem");

	if (makes_vm) {
		ioctl(3, _IO(0xAE, 0x01), 40);
		ioctl(700, _IOW(0xAE, 0x46, region), region);
	}
	puts("Test iterations: 1\nTesting guest mode: PA-bits:40,  VA-bits:48,  4K pages\n"
	     "guest physical test memory: [0xffbffff000, 0xfffffff000)\nPopulate memory time: 0.100000000s\n"
	     "Enabling dirty logging time: 0.040000000s\n\nIteration 1 dirty memory time: 0.050000000s\n"
	     "Iteration 1 get dirty log time: 0.000050000s\nDisabling dirty logging time: 0.001000000s\n"
	     "Get dirty log over 1 iterations took 0.000050000s. (Avg 0.000050000s/iteration)");
	return 0;
}
`;
