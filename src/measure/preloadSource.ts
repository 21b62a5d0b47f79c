/**
 * The library that sets the eager-split chunk for a test that has no option for it: it is
 * preloaded, and wraps `ioctl`.
 *
 * KVM takes the chunk of a VM before its first memslot alone (Linux 7.3, arch/arm64/kvm/arm.c,
 * `kvm_vm_ioctl_enable_cap()`), so it is set the moment KVM_CREATE_VM has returned. What came of it
 * is appended to a file, one line for each VM: that is the proof. A test that cannot have the chunk
 * is ended, for its times would be taken for those of another.
 */
export const preloadSource = String.raw`#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* From the userspace API of Linux 6.5, for hosts with older headers. */
struct enable_cap { unsigned cap, flags; unsigned long long args[4]; unsigned char pad[64]; };
#define CREATE_VM _IO(0xAE, 0x01)
#define CHECK_EXTENSION _IO(0xAE, 0x03)
#define ENABLE_CAP _IOW(0xAE, 0xa3, struct enable_cap)
#define CAP_EAGER_SPLIT_CHUNK_SIZE 228
#define CAP_SUPPORTED_BLOCK_SIZES 229

static int (*next_ioctl)(int, unsigned long, ...);

static void prove(const char *form, int vm, unsigned long long chunk, int error, int sizes)
{
	const char *path = getenv("S2SPLIT_CHUNK_PROOF");
	char line[96];
	int length = snprintf(line, sizeof(line), form, vm, chunk, error, sizes);
	int file = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

	if (file < 0 || write(file, line, (size_t)length) != length)
		_exit(120);
	close(file);
}

static void set_chunk(int vm)
{
	const char *text = getenv("S2SPLIT_CHUNK");
	struct enable_cap cap;
	int error, sizes;

	if (!text)
		return;
	memset(&cap, 0, sizeof(cap));
	cap.cap = CAP_EAGER_SPLIT_CHUNK_SIZE;
	cap.args[0] = strtoull(text, NULL, 0);
	if (next_ioctl(vm, ENABLE_CAP, &cap) == 0) {
		prove("set vm %d chunk %llu\n", vm, cap.args[0], 0, 0);
		return;
	}
	error = errno;
	sizes = next_ioctl(vm, CHECK_EXTENSION, CAP_SUPPORTED_BLOCK_SIZES);
	prove("refused vm %d chunk %llu errno %d sizes %d\n", vm, cap.args[0], error, sizes < 0 ? 0 : sizes);
	_exit(120);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list rest;
	void *argument;
	int result;

	va_start(rest, request);
	argument = va_arg(rest, void *);
	va_end(rest);
	if (!next_ioctl)
		*(void **)&next_ioctl = dlsym(RTLD_NEXT, "ioctl");
	result = next_ioctl(fd, request, argument);
	if (request == CREATE_VM && result >= 0)
		set_chunk(result);
	return result;
}
`;
