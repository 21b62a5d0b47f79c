import { workSource } from "./workSource.js";

/** What every reproduction includes. */
export const headers = `#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <linux/kvm.h>

/* What the headers of an older host may lack. */
#ifndef KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2
#define KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 168
#endif
#ifndef KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE
#define KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE (1 << 0)
#endif
#ifndef KVM_DIRTY_LOG_INITIALLY_SET
#define KVM_DIRTY_LOG_INITIALLY_SET (1 << 1)
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

typedef unsigned long long u64;
`;

/** Host memory and memslots: the same on every architecture. */
const memorySource = String.raw`/* This host cannot do it: one line, and 2. */
__attribute__((noreturn, format(printf, 1, 2)))
static void cannot(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("cannot reproduce here: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

static int vm = -1, vcpu = -1;
static struct kvm_run *vcpu_run;
static unsigned char *slot_memory[SLOTS];
static unsigned char *scratch_memory;

static int must(int result, const char *what)
{
	if (result < 0)
		cannot("%s: %s", what, strerror(errno));
	return result;
}

/* The number in a small file of /proc or /sys; -1 where there is none. */
static long long number_in(const char *path, const char *line_form)
{
	char line[256];
	long long value = -1;
	FILE *file = fopen(path, "r");

	if (!file)
		return -1;
	while (value < 0 && fgets(line, sizeof(line), file))
		if (sscanf(line, line_form, &value) != 1)
			value = -1;
	fclose(file);
	return value;
}

static unsigned log2_of(u64 value)
{
	unsigned bits = 0;

	while (value >>= 1)
		bits++;
	return bits;
}

/*
 * Blocks come from huge pages that were set aside, if there are enough of that size for all of
 * them, and else from transparent ones, which there are of one size only.
 */
static int from_hugetlb(int kind)
{
	static int known[3]; /* 0 not known yet, 1 transparent, 2 set aside */
	char path[128];
	u64 wanted = 0;
	long long free_pages;

	if (known[kind])
		return known[kind] == 2;
	for (int i = 0; i < RUNS; i++)
		if (runs[i].kind == kind)
			wanted += runs[i].bytes / leaf_bytes[kind];
	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%llukB/free_hugepages", leaf_bytes[kind] >> 10);
	free_pages = number_in(path, "%lld");
	if (free_pages >= 0 && (u64)free_pages >= wanted)
		known[kind] = 2;
	else if (kind == 1)
		known[kind] = 1;
	else
		cannot("needs %llu free huge pages of %lluM and has %lld: echo %llu > /sys/kernel/mm/hugepages/hugepages-%llukB/nr_hugepages",
		       wanted, leaf_bytes[kind] >> 20, free_pages < 0 ? 0 : free_pages, wanted, leaf_bytes[kind] >> 10);
	printf("blocks of %lluM: %s\n", leaf_bytes[kind] >> 20,
	       known[kind] == 2 ? "huge pages set aside (hugetlb)" : "transparent huge pages (madvise)");
	return known[kind] == 2;
}

static void map_run(const struct run *run, unsigned char *at)
{
	int huge = run->kind != 0 && from_hugetlb(run->kind);
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

	if (huge)
		flags |= MAP_HUGETLB | (int)(log2_of(leaf_bytes[run->kind]) << 26);
	if (mmap(at, run->bytes, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED)
		cannot("host memory for 0x%llx: %s", run->start, strerror(errno));
	/* Whether the advice was taken is seen in the tables before the work. */
	if (!huge)
		(void)madvise(at, run->bytes, run->kind ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	for (u64 offset = 0; offset < run->bytes; offset += huge ? leaf_bytes[run->kind] : PAGE_BYTES)
		*(volatile unsigned char *)(at + offset) = 1;
	if (!huge && run->kind)
		(void)madvise(at, run->bytes, MADV_COLLAPSE);
	/* A page that the host may not write is mapped read-only for the guest. */
	if (run->read_only && mprotect(at, run->bytes, PROT_READ))
		cannot("read-only host memory for 0x%llx: %s", run->start, strerror(errno));
}

static int slot_of(u64 address)
{
	for (int i = 0; i < SLOTS; i++)
		if (address >= slots[i].base && address < slots[i].base + slots[i].bytes)
			return i;
	cannot("0x%llx is in no memslot", address);
}

/* Host addresses agree with the guest's modulo the largest block, or KVM would map pages. */
static void lay_out_memory(void)
{
	u64 align = leaf_bytes[1], total = 0;

	for (int i = 0; i < RUNS; i++) {
		total += runs[i].bytes;
		if (leaf_bytes[runs[i].kind] > align)
			align = leaf_bytes[runs[i].kind];
	}
	long long available = number_in("/proc/meminfo", "MemTotal: %lld kB");

	if (available >= 0 && total >> 10 > (u64)available)
		cannot("the guest has %lluM of memory, this host %lldM", total >> 20, available >> 10);
	for (int i = 0; i < SLOTS; i++) {
		unsigned char *hole = mmap(NULL, slots[i].bytes + 2 * align, PROT_NONE,
					   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (hole == MAP_FAILED)
			cannot("%lluM of address space: %s", slots[i].bytes >> 20, strerror(errno));
		slot_memory[i] = hole + ((slots[i].base - (u64)(uintptr_t)hole) & (align - 1));
	}
	for (int i = 0; i < RUNS; i++) {
		int slot = slot_of(runs[i].start);

		map_run(&runs[i], slot_memory[slot] + (runs[i].start - slots[slot].base));
	}
}

static int set_slot(int id, u64 base, u64 bytes, void *memory, unsigned flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = (unsigned)id,
		.flags = flags,
		.guest_phys_addr = base,
		.memory_size = bytes,
		.userspace_addr = (u64)(uintptr_t)memory,
	};

	return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static void add_slots(u64 scratch_bytes)
{
	for (int i = 0; i < SLOTS; i++)
		must(set_slot(i, slots[i].base, slots[i].bytes, slot_memory[i], 0), "memslot");
	scratch_memory = mmap(NULL, scratch_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (scratch_memory == MAP_FAILED)
		cannot("memory for guest code: %s", strerror(errno));
	(void)madvise(scratch_memory, scratch_bytes, MADV_NOHUGEPAGE);
	must(set_slot(SLOTS, SCRATCH, scratch_bytes, scratch_memory, 0), "memslot of the guest code");
}
`;

/** Host memory, memslots and the work itself: the same on every architecture. */
export const commonSource = [memorySource, workSource].join("\n");
