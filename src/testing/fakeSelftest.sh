# Prints what dirty_log_perf_test prints, with made-up times, for machines without KVM. It is called
# through a wrapper of the real name, which sets the variables below. A shell begins in a fraction of
# the time that Node.js takes, and tests call this some hundred times.
#
#   FAKE_STATE      a file that counts the calls
#   FAKE_BEHAVIOUR  words CALL=WHAT, for a number of a call or `*`, of what goes wrong: assert, exit,
#                   hang, stubborn, garbage, silent, flood
#   FAKE_MARKER     a file that is written when a hang begins

call=1
[ -f "$FAKE_STATE" ] && read -r call < "$FAKE_STATE" && call=$((call + 1))
echo "$call" > "$FAKE_STATE"
behaviour=
set -f
for one in $FAKE_BEHAVIOUR; do
  case $one in "$call"=* | '*'=*) behaviour=${one#*=} && break ;; esac
done

iterations=2 backing=anonymous manual=1 before=
for word; do
  case $before in -i) iterations=$word ;; -s) backing=$word ;; esac
  [ "$word" = -g ] && manual=0
  before=$word
done

# A time depends on the backing, on the eager-split chunk and on the call, so that cases differ and
# runs spread. In nanoseconds.
case $backing in
  anonymous) base=3 ;;
  anonymous_thp) base=5 ;;
  anonymous_hugetlb_1gb) base=7 ;;
  *) base=11 ;;
esac
[ $((${KVM_EAGER_SPLIT_CHUNK:-0})) -gt 0 ] && base=$((2 * base))
of() { ns=$((base * $1 + call % 3 * 1000)); }
seconds() { printf '%s%d.%09ds%s\n' "$1" $(($2 / 1000000000)) $(($2 % 1000000000)) "$3"; }
timed() { of "$2" && seconds "$1 time: " "$ns"; }
total() {
  printf '%s dirty log over %d iterations took %d.%09ds. ' "$1" "$iterations" $(($2 / 1000000000)) $(($2 % 1000000000))
  seconds '(Avg ' $(($2 / iterations)) '/iteration)'
}

case $behaviour in
  silent) exit 0 ;;
  garbage)
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      for _ in 1 2 3 4 5 6 7 8 9 10; do
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do printf '\007junk \033[31m'; done
        echo
      done
    done
    exit 0
    ;;
  flood) exec yes "$(printf '%01023d' 0)" ;;
esac

echo 'Random seed: 0x6b8b4567'
echo "Test iterations: $iterations"
echo 'Testing guest mode: PA-bits:40,  VA-bits:48,  4K pages'
echo 'Random seed: 0x1'
echo 'guest physical test memory: [0xffbffff000, 0xfffffff000)'
timed 'Populate memory' 100000000

case $behaviour in
  assert)
    cat >&2 <<'END'
==== Test Assertion Failure ====
  lib/kvm_util.c:1113: !ret
  pid=7 tid=7 errno=12 - Cannot allocate memory
  (stack trace empty)
  KVM_SET_USER_MEMORY_REGION2 failed, errno = 12
END
    exit 254
    ;;
  hang | stubborn)
    # What is ignored stays so in the program that takes the shell's place.
    [ "$behaviour" = stubborn ] && trap '' TERM
    echo hanging > "$FAKE_MARKER"
    exec tail -f /dev/null
    ;;
esac

if [ $manual = 1 ]; then timed 'Enabling dirty logging' 500000; else timed 'Enabling dirty logging' 40000000; fi
echo
get=0 clear=0 k=1
while [ $k -le "$iterations" ]; do
  timed "Iteration $k dirty memory" $((50000000 * k))
  timed "Iteration $k get dirty log" 50000
  get=$((get + ns))
  if [ $manual = 1 ]; then
    timed "Iteration $k clear dirty log" 20000000
    clear=$((clear + ns))
  fi
  k=$((k + 1))
done
timed 'Disabling dirty logging' 1000000
total Get $get
[ $manual = 1 ] && total Clear $clear
[ "$behaviour" = exit ] && exit 3
exit 0
