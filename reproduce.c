/*
 * fault-passed-over: arm64 KVM; enable dirty logging, and see whether a
 * block in range is still one.
 *
 * Two pages before a 2M boundary, then one 2M block: the smallest layout on
 * which skip-return-rfc leaves a block unsplit. Its visitor says
 * SKIP_SIBLINGS at both pages, and each of them moves the walk's address by
 * 2M; the second move passes over the block, which nobody looks at. One page
 * before the boundary is not enough. The return code is 0.
 *
 * Made by s2split 0.1.0 (reproduce). Build and run, as root on an arm64 host
 * with KVM:
 *
 *   cc -O2 -Wall -Wextra -o reproduce reproduce.c && sudo ./reproduce
 *
 * Ends with 0 if no block is left, 1 and the first one's address if one is,
 * 2 if this host cannot do it.
 */

#define _GNU_SOURCE
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

static const char name[] = "fault-passed-over";
#define PAGE_BYTES 0x1000ull
#define CHUNK_BYTES 0x40000000ull
enum { IPA_BITS = 40, CLEAR = 0, CHECK_DIRTY = 0 };
#define NONE (~0ull)
/* Guest code and what belongs to it stand here, outside of the scenario's memory. */
#define SCRATCH 0x100000ull
/* Table pages below the root that the leaves need; those of the guest code left out. */
#define TABLES_BEFORE 0x2ull

/* Bytes of a leaf: page, block, larger block. */
static const u64 leaf_bytes[3] = { 0x1000ull, 0x200000ull, 0x40000000ull };
#define SLOTS 1
static const struct slot { u64 base, bytes; } slots[] = {
	{ 0x401fe000ull, 0x202000ull },
};
/* Leaves of one size each, ascending; `kind` is an index of leaf_bytes. */
#define RUNS 2
static const struct run { u64 start, bytes; int kind, read_only; } runs[] = {
	{ 0x401fe000ull, 0x2000ull, 0, 0 },
	{ 0x40200000ull, 0x200000ull, 1, 0 },
};
/* What is to be split, ascending. */
#define SPANS 1
static const struct span { u64 start, end; } spans[] = {
	{ 0x401fe000ull, 0x40400000ull },
};
/* Pages that KVM_CLEAR_DIRTY_LOG clears, relative to their slot. */
#define CLEAREDS 0
static const struct cleared { int slot; u64 first, count; } cleareds[] = {
	{ 0 },
};
/* What s2split counts: leaves by size afterwards, table pages made, the first block left. */
#define PREDICTIONS 2
static const struct prediction { const char *who; u64 leaves[3], tables, first_unsplit; } predictions[] = {
	{ "baseline, skip-return, page-block-flags, max-level, skip-new-table-naive, skip-new-table, skip-level, split-mark", { 0x202ull, 0x0ull, 0x0ull }, 0x1ull, NONE },
	{ "skip-return-rfc", { 0x2ull, 0x1ull, 0x0ull }, 0x0ull, 0x40200000ull },
};

/* This host cannot do it: one line, and 2. */
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
 * Blocks come from huge pages that were set aside, if there are enough of that size for all of them, and else from transparent ones,
 * which there are of one size only.
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

/* In clear mode enabling does nothing: all pages count as dirty, and clearing write-protects and splits. */
static void manual_protect(void)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
		.args[0] = KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET,
	};

	if (ioctl(vm, KVM_ENABLE_CAP, &cap))
		cannot("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 with KVM_DIRTY_LOG_INITIALLY_SET: %s", strerror(errno));
}

static void clear_dirty_log(int slot)
{
	u64 pages = slots[slot].bytes / PAGE_BYTES;
	unsigned char *bitmap = calloc((pages + 63) / 64, 8);
	struct kvm_clear_dirty_log clear = { .slot = (unsigned)slot, .num_pages = (unsigned)pages, .dirty_bitmap = bitmap };
	int any = 0;

	if (!bitmap)
		cannot("no memory for a dirty bitmap");
	for (int i = 0; i < CLEAREDS; i++) {
		if (cleareds[i].slot != slot)
			continue;
		any = 1;
		for (u64 page = cleareds[i].first; page < cleareds[i].first + cleareds[i].count; page++)
			bitmap[page / 8] |= (unsigned char)(1 << (page % 8));
	}
	if (any)
		must(ioctl(vm, KVM_CLEAR_DIRTY_LOG, &clear), "KVM_CLEAR_DIRTY_LOG");
	free(bitmap);
}

/* The work itself: what is reproduced is between the two looks at the tables, here. */
static void do_the_work(void)
{
	for (int i = 0; i < SLOTS; i++)
		must(set_slot(i, slots[i].base, slots[i].bytes, slot_memory[i], KVM_MEM_LOG_DIRTY_PAGES), "enable dirty logging");
	for (int i = 0; CLEAR && i < SLOTS; i++)
		clear_dirty_log(i);
}

static void run_until(unsigned exit_reason)
{
	for (;;) {
		if (ioctl(vcpu, KVM_RUN, 0) < 0) {
			if (errno == EINTR)
				continue;
			cannot("KVM_RUN: %s", strerror(errno));
		}
		if (vcpu_run->exit_reason == exit_reason)
			return;
		if (vcpu_run->exit_reason != KVM_EXIT_INTR)
			cannot("the guest stopped: exit reason %u", vcpu_run->exit_reason);
	}
}

static void map_vcpu_run(int kvm)
{
	int bytes = must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");

	vcpu_run = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (vcpu_run == MAP_FAILED)
		cannot("vCPU: %s", strerror(errno));
}

static int open_kvm(void)
{
	struct utsname host;
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvm < 0)
		cannot("/dev/kvm: %s", strerror(errno));
	if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		cannot("/dev/kvm has another API version");
	if ((u64)sysconf(_SC_PAGESIZE) != PAGE_BYTES)
		cannot("the host's pages have %ldK, the scenario's %lluK", sysconf(_SC_PAGESIZE) >> 10, PAGE_BYTES >> 10);
	if (!uname(&host))
		printf("%s: Linux %s, %s\n", name, host.release, host.machine);
	return kvm;
}

/* Fills the guest's tables: every leaf is touched once, by a write unless it is read-only. */
static void guest_touch(u64 start, u64 end, u64 step, int write);

static void populate(void)
{
	for (int i = 0; i < RUNS; i++)
		guest_touch(runs[i].start, runs[i].start + runs[i].bytes, leaf_bytes[runs[i].kind], !runs[i].read_only);
}

static void print_leaves(const char *when, const u64 leaves[3])
{
	printf("%-7s leaves of %lluK: %llu, of %lluM: %llu", when, leaf_bytes[0] >> 10, leaves[0], leaf_bytes[1] >> 20, leaves[1]);
	if (PAGE_BYTES == 4096)
		printf(", of 1G: %llu", leaves[2]);
	printf("\n");
}

/*
 * The first block in range that is still one, found by writing: while dirty pages are logged, a write to a page in a block makes a table
 * there, and one to a page makes none. Told by what blocks_or_tables() counts.
 */
static u64 blocks_or_tables(void);

static u64 first_unsplit_by_writing(void)
{
	int i = 0;

	for (int s = 0; s < SPANS; s++) {
		while (i < RUNS && runs[i].start + runs[i].bytes <= spans[s].start)
			i++;
		for (int r = i; r < RUNS && runs[r].start < spans[s].end; r++) {
			u64 from = runs[r].start > spans[s].start ? runs[r].start : spans[s].start;
			u64 to = runs[r].start + runs[r].bytes;

			if (to > spans[s].end)
				to = spans[s].end;
			if (!runs[r].kind || runs[r].read_only)
				continue;
			while (from < to) {
				u64 before = blocks_or_tables();

				guest_touch(from, from + PAGE_BYTES, PAGE_BYTES, 1);
				u64 after = blocks_or_tables();
				u64 changed = after > before ? after - before : before - after;

				if (changed)
					return from & ~(leaf_bytes[changed > 1 && runs[r].kind > 1 ? 2 : 1] - 1);
				from = (from & ~(leaf_bytes[1] - 1)) + leaf_bytes[1];
			}
		}
	}
	return NONE;
}

/* Says which strategies the model would have do the same. */
static void print_predictions(const u64 leaves[3], u64 tables, int by_tables)
{
	int any = 0;

	for (int i = 0; i < PREDICTIONS; i++) {
		if (by_tables ? predictions[i].tables != tables : memcmp(predictions[i].leaves, leaves, sizeof(predictions[i].leaves)))
			continue;
		printf("%s %s", any ? "," : "as s2split counts it under:", predictions[i].who);
		if (predictions[i].first_unsplit != NONE)
			printf(" (where the first block left is at 0x%llx)", predictions[i].first_unsplit);
		any = 1;
	}
	printf(any ? "\n" : "s2split counts otherwise under every strategy that it was asked for\n");
}

static int verdict(u64 first_unsplit)
{
	if (first_unsplit == NONE) {
		printf("right: no block in range is left\n");
		return 0;
	}
	printf("WRONG: a block in range is still a block, the first at 0x%llx\n", first_unsplit);
	return 1;
}

#ifndef KVM_CAP_ARM_VM_IPA_SIZE
#define KVM_CAP_ARM_VM_IPA_SIZE 165
#endif
/* Linux 6.5 */
#ifndef KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE
#define KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE 228
#endif
#ifndef KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES
#define KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES 229
#endif

/* struct kvm_vcpu_init and its ioctls, which only the headers of an arm64 host have. */
struct vcpu_init { unsigned target, features[7]; };
#define VCPU_INIT _IOW(KVMIO, 0xae, struct vcpu_init)
#define PREFERRED_TARGET _IOR(KVMIO, 0xaf, struct vcpu_init)
/* Core register by its place in struct kvm_regs, in units of 32 bits: x0 to x30, sp, pc. */
#define CORE_REGISTER(n) (0x6030000000100000ull | 2 * (n))
#define PC 32

#define DOORBELL (SCRATCH + PAGE_BYTES)

/*
 * Stage 1 is off in the guest, so its addresses are IPAs. x0 address, x1 end, x2 step, x3 doorbell, x4 write or read.
 * The nop stands for the instruction that KVM steps over when it completes the store to the doorbell.
 */
static const unsigned guest_code[] = {
	0xd503201f, /*        nop           */
	0xeb01001f, /* loop:  cmp x0, x1    */
	0x540000e2, /*        b.hs done     */
	0xb5000064, /*        cbnz x4, write */
	0xf9400005, /*        ldr x5, [x0]  */
	0x14000002, /*        b next        */
	0xf9000005, /* write: str x5, [x0]  */
	0x8b020000, /* next:  add x0, x0, x2 */
	0x17fffff9, /*        b loop        */
	0xf9000065, /* done:  str x5, [x3]  */
	0x17ffffff, /*        b done        */
};

static void set_register(unsigned n, u64 value)
{
	struct kvm_one_reg reg = { .id = CORE_REGISTER(n), .addr = (u64)(uintptr_t)&value };

	must(ioctl(vcpu, KVM_SET_ONE_REG, &reg), "KVM_SET_ONE_REG");
}

static void guest_touch(u64 start, u64 end, u64 step, int write)
{
	u64 values[] = { start, end, step, DOORBELL, (u64)write };

	for (int i = 0; i < 5; i++)
		set_register((unsigned)i, values[i]);
	set_register(PC, SCRATCH);
	run_until(KVM_EXIT_MMIO);
	if (vcpu_run->mmio.phys_addr != DOORBELL)
		cannot("the guest's access to 0x%llx met no memory", (u64)vcpu_run->mmio.phys_addr);
}

static void make_vm(int kvm)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE, .args[0] = CHUNK_BYTES };
	struct vcpu_init init = { 0 };
	int limit = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_VM_IPA_SIZE);
	int sizes;

	if (limit < IPA_BITS)
		cannot("this host's guests have at most %d IPA bits, the scenario %d", limit < 0 ? 0 : limit, IPA_BITS);
	vm = ioctl(kvm, KVM_CREATE_VM, (unsigned long)IPA_BITS);
	if (vm < 0)
		cannot("KVM_CREATE_VM with %d IPA bits: %s", IPA_BITS, strerror(errno));
	sizes = ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES);
	if (sizes <= 0)
		cannot("this kernel has no KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE (Linux 6.5 has it)");
	/* Before any memslot: later the kernel refuses it. */
	if (ioctl(vm, KVM_ENABLE_CAP, &cap))
		cannot("eager-split chunk of %lluK: %s (sizes that the host takes: 0x%x)", CHUNK_BYTES >> 10, strerror(errno), (unsigned)sizes);
	if (CLEAR)
		manual_protect();
	lay_out_memory();
	add_slots(PAGE_BYTES);
	memcpy(scratch_memory, guest_code, sizeof(guest_code));
	vcpu = must(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	must(ioctl(vm, PREFERRED_TARGET, &init), "KVM_ARM_PREFERRED_TARGET");
	must(ioctl(vcpu, VCPU_INIT, &init), "KVM_ARM_VCPU_INIT");
	map_vcpu_run(kvm);
}

/* The VM's dump in debugfs (CONFIG_PTDUMP_STAGE2_DEBUGFS, Linux 6.13); NULL where there is none. */
static FILE *open_tree(void)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d/stage2_page_tables", (int)getpid(), vm);
	return fopen(path, "r");
}

/* The next line of the dump that maps something: leaves of one level. */
static int next_leaves(FILE *tree, u64 *start, u64 *end, int *kind, int *writable)
{
	char line[256];

	while (fgets(line, sizeof(line), tree)) {
		int level, used = 0;

		if (sscanf(line, "0x%llx-0x%llx %*d%*c %d %n", start, end, &level, &used) != 3 || !used)
			continue;
		const char *fields = line + used;

		if (!strstr(fields, "AF") && !strchr(fields, 'R'))
			continue;
		if (level < 1 || level > 3)
			cannot("stage2_page_tables has a leaf at level %d", level);
		*kind = 3 - level;
		*writable = strstr(fields, "W") != NULL;
		return 1;
	}
	return 0;
}

static u64 overlap(u64 start, u64 end, u64 from, u64 to)
{
	u64 low = start > from ? start : from, high = end < to ? end : to;

	return high > low ? high - low : 0;
}

/* Leaves by size; before the work also whether they are those of the scenario, after it the first block in range. */
static u64 look_at_tree(u64 leaves[3], int before)
{
	static u64 mapped[RUNS + 1];
	u64 start, end, first_unsplit = NONE;
	int run = 0, span = 0;
	int kind, writable;
	FILE *tree = open_tree();

	if (!tree)
		cannot("stage2_page_tables: %s", strerror(errno));
	memset(leaves, 0, 3 * sizeof(*leaves));
	while (next_leaves(tree, &start, &end, &kind, &writable)) {
		while (run < RUNS && runs[run].start + runs[run].bytes <= start)
			run++;
		for (int i = run; i < RUNS && runs[i].start < end; i++) {
			u64 bytes = overlap(start, end, runs[i].start, runs[i].start + runs[i].bytes);

			leaves[kind] += bytes / leaf_bytes[kind];
			if (!before)
				continue;
			mapped[i] += bytes;
			if (kind != runs[i].kind)
				cannot("the host maps leaves of %lluK at 0x%llx, the scenario has %lluK there", leaf_bytes[kind] >> 10,
				       start > runs[i].start ? start : runs[i].start, leaf_bytes[runs[i].kind] >> 10);
			if (writable == runs[i].read_only)
				cannot("0x%llx is mapped %s", runs[i].start, writable ? "writable" : "read-only");
		}
		while (span < SPANS && spans[span].end <= start)
			span++;
		if (kind && span < SPANS && spans[span].start < end && first_unsplit == NONE) {
			u64 met = start > spans[span].start ? start : spans[span].start;

			first_unsplit = met & ~(leaf_bytes[kind] - 1);
		}
	}
	fclose(tree);
	for (int i = 0; before && i < RUNS; i++)
		if (mapped[i] != runs[i].bytes)
			cannot("of the leaves at 0x%llx %lluK are mapped, not %lluK", runs[i].start, mapped[i] >> 10, runs[i].bytes >> 10);
	return first_unsplit;
}

/* Page tables of all guests of this host, in pages: exact once the CPUs' own counts are added up. */
static u64 blocks_or_tables(void)
{
	FILE *refresh = fopen("/proc/sys/vm/stat_refresh", "w");
	long long kilobytes;

	if (refresh) {
		fputs("1", refresh);
		fclose(refresh);
	}
	kilobytes = number_in("/proc/meminfo", "SecPageTables: %lld kB");
	if (kilobytes < 0)
		cannot("neither stage2_page_tables in debugfs nor SecPageTables in /proc/meminfo (Linux 6.1) can be read: mount debugfs, be root");
	return ((u64)kilobytes << 10) / PAGE_BYTES;
}

static int by_dump(void)
{
	u64 leaves[3], first_unsplit;

	populate();
	look_at_tree(leaves, 1);
	print_leaves("before:", leaves);
	do_the_work();
	first_unsplit = look_at_tree(leaves, 0);
	print_leaves("after:", leaves);
	print_predictions(leaves, 0, 0);
	return verdict(first_unsplit);
}

/* Table pages that are made where every block is split down to pages. */
static u64 most_tables(void)
{
	u64 tables = 0;

	for (int i = 0; i < RUNS; i++) {
		u64 blocks = runs[i].bytes / leaf_bytes[runs[i].kind];

		if (runs[i].kind == 1)
			tables += blocks;
		else if (runs[i].kind == 2)
			tables += blocks * (1 + leaf_bytes[2] / leaf_bytes[1]);
	}
	return tables;
}

/* No dump: tables are counted, and blocks are found by writing to them. Other guests must be idle meanwhile. */
static int by_counting(void)
{
	const u64 none[3] = { 0, 0, 0 };
	u64 empty, before, after;

	guest_touch(0, 0, PAGE_BYTES, 0);
	empty = blocks_or_tables();
	populate();
	before = blocks_or_tables();
	printf("before: %llu table pages below the root\n", before - empty);
	if (before - empty != TABLES_BEFORE)
		cannot("the host laid it out otherwise: %lld table pages where the scenario has %llu (huge pages missing, or another guest runs)",
		       (long long)(before - empty), TABLES_BEFORE);
	do_the_work();
	after = blocks_or_tables();
	printf("after:  %llu more\n", after - before);
	print_predictions(none, after - before, 1);
	return verdict(after - before == most_tables() ? NONE : first_unsplit_by_writing());
}

int main(int argc, char **argv)
{
	struct utsname host;
	FILE *tree;

	if (uname(&host) || strcmp(host.machine, "aarch64"))
		cannot("this scenario is for an arm64 host");
	make_vm(open_kvm());
	tree = argc > 1 && !strcmp(argv[1], "--count") ? NULL : open_tree();
	if (tree) {
		fclose(tree);
		return by_dump();
	}
	printf("stage2_page_tables is not looked at (%s): counting table pages instead\n",
	       argc > 1 ? "--count" : "a kernel without CONFIG_PTDUMP_STAGE2_DEBUGFS, debugfs not mounted, or not root");
	return by_counting();
}
