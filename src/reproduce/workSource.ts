/** The work itself, and what is seen of it: the same on every architecture. */
export const workSource = String.raw`/* In clear mode enabling does nothing: all pages count as dirty, and clearing write-protects and splits. */
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
 * The first block in range that is still one, found by writing: while dirty pages are logged, a
 * write to a page in a block makes a table there, and one to a page makes none. Told by what
 * blocks_or_tables() counts.
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
`;
