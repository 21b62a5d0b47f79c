/** Guest code, vCPU and statistics of an x86-64 host. */
export const x86Guest = String.raw`/* Binary statistics (Linux 5.14), for headers that lack them. */
#ifndef KVM_GET_STATS_FD
#define KVM_GET_STATS_FD _IO(KVMIO, 0xce)
#endif
struct stats_header { unsigned flags, name_size, descriptors, id_at, descriptors_at, data_at; };
struct stats_descriptor { unsigned flags; short exponent; unsigned short size; unsigned at, bucket; };

/* Pages of the scratch slot, in order; the kernel's own pages follow at a distance. */
enum { CODE_PAGE, PML4_PAGE, PDPT_PAGE, LOW_PD_PAGE, LOW_PT_PAGE, WINDOW_PD_PAGE, SCRATCH_PAGES };
#define KERNEL_PAGES (SCRATCH + 0x80000)
/*
 * 1G of guest-virtual addresses, through which the guest sees whichever GiB of its memory is
 * touched.
 */
#define WINDOW 0x40000000ull
#define GIB 0x40000000ull

/*
 * 64-bit code. rdi address, rsi end, rdx step, rcx write or read, rax page tables: loading them
 * forgets the window as it was. It ends with a write to port 0x10.
 */
static const unsigned char guest_code[] = {
	0x0f, 0x22, 0xd8, /*        mov cr3, rax    */
	0x48, 0x39, 0xf7, /* loop:  cmp rdi, rsi    */
	0x73, 0x12,       /*        jae done        */
	0x48, 0x85, 0xc9, /*        test rcx, rcx   */
	0x75, 0x05,       /*        jnz write       */
	0x4c, 0x8b, 0x07, /*        mov r8, [rdi]   */
	0xeb, 0x03,       /*        jmp next        */
	0x4c, 0x89, 0x07, /* write: mov [rdi], r8   */
	0x48, 0x01, 0xd7, /* next:  add rdi, rdx    */
	0xeb, 0xe9,       /*        jmp loop        */
	0xe6, 0x10,       /* done:  out 0x10, al    */
	0xeb, 0xfc,       /*        jmp done        */
};

static u64 *scratch_page(unsigned page)
{
	return (u64 *)(void *)(scratch_memory + page * PAGE_BYTES);
}

static u64 scratch_address(unsigned page)
{
	return SCRATCH + page * PAGE_BYTES;
}

/* Entries are accessed and dirty from the start, so that the CPU has nothing to write there. */
static void lay_out_page_tables(void)
{
	const u64 present = 0x63;

	scratch_page(PML4_PAGE)[0] = scratch_address(PDPT_PAGE) | present;
	scratch_page(PDPT_PAGE)[0] = scratch_address(LOW_PD_PAGE) | present;
	scratch_page(PDPT_PAGE)[WINDOW / GIB] = scratch_address(WINDOW_PD_PAGE) | present;
	scratch_page(LOW_PD_PAGE)[0] = scratch_address(LOW_PT_PAGE) | present;
	scratch_page(LOW_PT_PAGE)[0] = scratch_address(CODE_PAGE) | present;
}

static void touch_in_window(u64 start, u64 end, u64 step, int write)
{
	u64 gib = start & ~(GIB - 1);
	struct kvm_regs regs = {
		.rip = 0,
		.rflags = 2,
		.rax = scratch_address(PML4_PAGE),
		.rdi = WINDOW + (start - gib),
		.rsi = WINDOW + (end - gib),
		.rdx = step,
		.rcx = (u64)write,
	};

	for (int i = 0; i < 512; i++)
		scratch_page(WINDOW_PD_PAGE)[i] = (gib + (u64)i * 0x200000ull) | 0xe3;
	must(ioctl(vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
	run_until(KVM_EXIT_IO);
}

static void guest_touch(u64 start, u64 end, u64 step, int write)
{
	do {
		u64 stop = (start & ~(GIB - 1)) + GIB;

		touch_in_window(start, stop < end ? stop : end, step, write);
		start = start + step > stop ? start + step : stop;
	} while (start < end);
}

static void enter_long_mode(void)
{
	struct kvm_segment code = { .limit = 0xffffffff, .selector = 8, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1 };
	struct kvm_segment data = { .limit = 0xffffffff, .selector = 16, .type = 3, .present = 1, .db = 1, .s = 1, .g = 1 };
	struct kvm_sregs sregs;

	must(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.cr0 = 0x80050033; /* PG, AM, WP, NE, ET, MP, PE */
	sregs.cr3 = scratch_address(PML4_PAGE);
	sregs.cr4 = 0x20; /* PAE */
	sregs.efer = 0x500; /* LMA, LME */
	must(ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
}

/* The vCPU is given what the host has: long mode, and as many physical address bits. */
static void set_cpuid(int kvm)
{
	const unsigned most = 256;
	struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + most * sizeof(cpuid->entries[0]));

	if (!cpuid)
		cannot("no memory");
	cpuid->nent = most;
	must(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid), "KVM_GET_SUPPORTED_CPUID");
	must(ioctl(vcpu, KVM_SET_CPUID2, cpuid), "KVM_SET_CPUID2");
	free(cpuid);
}

/* A module parameter that is Y or N; -1 where the kernel has none. */
static int parameter(const char *which)
{
	char path[96], value = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/kvm/parameters/%s", which);
	file = fopen(path, "r");
	if (!file)
		return -1;
	if (fread(&value, 1, 1, file) != 1)
		value = 0;
	fclose(file);
	return value == 'Y' || value == '1';
}

static void check_parameters(void)
{
	int eager = parameter("eager_page_split"), tdp = parameter("tdp_mmu");

	printf("kvm: eager_page_split %s, tdp_mmu %s\n", eager < 0 ? "not there" : eager ? "Y" : "N", tdp < 0 ? "not there" : tdp ? "Y" : "N");
	if (CHECK_DIRTY && eager == 1 && tdp == 1)
		cannot("KVM splits eagerly, the scenario does not: echo N > /sys/module/kvm/parameters/eager_page_split");
	if (!CHECK_DIRTY && eager != 1)
		cannot("KVM does not split eagerly: echo Y > /sys/module/kvm/parameters/eager_page_split (Linux 5.18 has it)");
	if (!CHECK_DIRTY && tdp != 1)
		cannot("the TDP MMU is off, and only that splits eagerly: load kvm with tdp_mmu=Y");
}

static void make_vm(int kvm)
{
	u64 identity_map = KERNEL_PAGES + 3 * PAGE_BYTES;

	vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	if (CLEAR)
		manual_protect();
	must(ioctl(vm, KVM_SET_TSS_ADDR, (unsigned long)KERNEL_PAGES), "KVM_SET_TSS_ADDR");
	must(ioctl(vm, KVM_SET_IDENTITY_MAP_ADDR, &identity_map), "KVM_SET_IDENTITY_MAP_ADDR");
	lay_out_memory();
	add_slots(SCRATCH_PAGES * PAGE_BYTES);
	memcpy(scratch_memory, guest_code, sizeof(guest_code));
	lay_out_page_tables();
	vcpu = must(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	set_cpuid(kvm);
	map_vcpu_run(kvm);
	enter_long_mode();
}

/* The VM's pages_4k, pages_2m and pages_1g: leaves of its tables, by size. */
static void read_leaves(u64 leaves[3])
{
	static const char *const names[3] = { "pages_4k", "pages_2m", "pages_1g" };
	struct stats_header header;
	int stats = ioctl(vm, KVM_GET_STATS_FD, NULL), found = 0;

	if (stats < 0 || pread(stats, &header, sizeof(header), 0) != (ssize_t)sizeof(header))
		cannot("binary statistics of the VM (Linux 5.14): %s", strerror(errno));
	for (unsigned i = 0; i < header.descriptors; i++) {
		struct stats_descriptor descriptor;
		char stat[64] = "";
		off_t at = (off_t)(header.descriptors_at + i * (sizeof(descriptor) + header.name_size));

		if (pread(stats, &descriptor, sizeof(descriptor), at) != (ssize_t)sizeof(descriptor) ||
		    pread(stats, stat, sizeof(stat) - 1, at + (off_t)sizeof(descriptor)) <= 0)
			cannot("binary statistics of the VM: %s", strerror(errno));
		for (int kind = 0; kind < 3; kind++) {
			if (strcmp(stat, names[kind]))
				continue;
			if (pread(stats, &leaves[kind], 8, (off_t)(header.data_at + descriptor.at)) != 8)
				cannot("binary statistics of the VM: %s", strerror(errno));
			found++;
		}
	}
	close(stats);
	if (found != 3)
		cannot("the VM has no statistics pages_4k, pages_2m, pages_1g (Linux 5.14)");
}

static u64 empty_leaves[3];

static void leaves_of_scenario(u64 leaves[3])
{
	read_leaves(leaves);
	for (int kind = 0; kind < 3; kind++)
		leaves[kind] -= empty_leaves[kind];
}

static u64 blocks_or_tables(void)
{
	u64 leaves[3];

	read_leaves(leaves);
	/* A 1G page that is broken counts for two: see first_unsplit_by_writing(). */
	return leaves[1] + 1024 * leaves[2];
}
`;

export const x86Main = String.raw`static void check_before(const u64 leaves[3])
{
	u64 wanted[3] = { 0, 0, 0 };

	for (int i = 0; i < RUNS; i++)
		wanted[runs[i].kind] += runs[i].bytes / leaf_bytes[runs[i].kind];
	for (int kind = 0; kind < 3; kind++)
		if (leaves[kind] != wanted[kind])
			cannot("the host maps %llu leaves of %lluK, the scenario has %llu", leaves[kind], leaf_bytes[kind] >> 10, wanted[kind]);
}

static int look_for_lost_pages(void)
{
	u64 lost = 0, first = NONE;

	for (int i = 0; i < CLEAREDS; i++) {
		u64 start = slots[cleareds[i].slot].base + cleareds[i].first * PAGE_BYTES;

		guest_touch(start, start + cleareds[i].count * PAGE_BYTES, PAGE_BYTES, 1);
	}
	for (int slot = 0; slot < SLOTS; slot++) {
		unsigned char *bitmap = calloc((slots[slot].bytes / PAGE_BYTES + 63) / 64, 8);
		struct kvm_dirty_log log = { .slot = (unsigned)slot, .dirty_bitmap = bitmap };

		if (!bitmap)
			cannot("no memory for a dirty bitmap");
		must(ioctl(vm, KVM_GET_DIRTY_LOG, &log), "KVM_GET_DIRTY_LOG");
		for (int i = 0; i < CLEAREDS; i++) {
			if (cleareds[i].slot != slot)
				continue;
			for (u64 page = cleareds[i].first; page < cleareds[i].first + cleareds[i].count; page++) {
				if (bitmap[page / 8] & (1 << (page % 8)))
					continue;
				lost++;
				if (first == NONE)
					first = slots[slot].base + page * PAGE_BYTES;
			}
		}
		free(bitmap);
	}
	if (!lost) {
		printf("right: each page that was cleared and written is reported\n");
		return 0;
	}
	printf("WRONG: %llu pages were written after their bits were cleared and are not reported, the first at 0x%llx: dirty pages lost\n",
	       lost, first);
	return 1;
}

int main(void)
{
	u64 leaves[3];
	int kvm = open_kvm();

	check_parameters();
	make_vm(kvm);
	/* The guest's own pages, its window included, are mapped before anything is counted. */
	guest_touch(SCRATCH, SCRATCH + 1, PAGE_BYTES, 0);
	read_leaves(empty_leaves);
	populate();
	leaves_of_scenario(leaves);
	print_leaves("before:", leaves);
	check_before(leaves);
	do_the_work();
	leaves_of_scenario(leaves);
	print_leaves("after:", leaves);
	print_predictions(leaves, 0, 0);
	if (CHECK_DIRTY)
		return look_for_lost_pages();
	return verdict(leaves[1] + leaves[2] == 0 ? NONE : first_unsplit_by_writing());
}
`;

export const notX86Main = String.raw`int main(void)
{
	fputs("cannot reproduce here: this scenario is for an x86-64 host\n", stderr);
	return 2;
}`;
