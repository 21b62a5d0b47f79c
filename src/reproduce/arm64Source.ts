/**
 * Guest code and vCPU of an arm64 host. Structures are the program's own: it compiles on any host.
 */
export const arm64Guest = `#ifndef KVM_CAP_ARM_VM_IPA_SIZE
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
 * Stage 1 is off in the guest, so its addresses are IPAs. x0 address, x1 end, x2 step, x3 doorbell,
 * x4 write or read. The nop stands for the instruction that KVM steps over when it completes the
 * store to the doorbell.
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
`;

/**
 * What is seen of an arm64 host's stage-2 tables: the dump in debugfs, or the count of table pages
 * in /proc/meminfo.
 */
export const arm64Evidence = `/* The VM's dump in debugfs (CONFIG_PTDUMP_STAGE2_DEBUGFS, Linux 6.13); NULL where there is none. */
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

/*
 * Leaves by size; before the work also whether they are those of the scenario, after it the
 * first block in range.
 */
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

/*
 * Page tables of all guests of this host, in pages: exact once the CPUs' own counts are added
 * up.
 */
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
`;

export const arm64Main = String.raw`static int by_dump(void)
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

/*
 * No dump: tables are counted, and blocks are found by writing to them. Other guests must be
 * idle meanwhile.
 */
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
`;
