# How much the simulator runs for each change; every number can be lowered from outside. Sourced by tests/run.sh.
: "${SIMULATE_SEEDS:=20000}"       # schedules
: "${SIMULATE_PAIRS:=5000}"        # sampled pairs of crashes
: "${SIMULATE_TWICE:=1000}"        # schedules that are run twice
: "${SIMULATE_PLANT_SEEDS:=10000}" # at most, until a planted fault is found
SIMULATE_REPORTS=${SIMULATE_REPORTS:-build/simulation}

# simulation_steps: needs step() of step.sh and a built stack.
simulation_steps() {
	mkdir -p "$SIMULATE_REPORTS"
	step "$SIMULATE_SEEDS schedules" build/bin/bw simulate --seeds 1..$SIMULATE_SEEDS \
		--report "$SIMULATE_REPORTS/seeds.json"
	step "$SIMULATE_TWICE schedules twice" build/bin/bw simulate --seeds 1..$SIMULATE_TWICE --twice \
		--report "$SIMULATE_REPORTS/twice.json"
	step "a crash at every effect, and $SIMULATE_PAIRS pairs" build/bin/bw simulate --enumerate all \
		--pairs $SIMULATE_PAIRS --report "$SIMULATE_REPORTS/crashes.json"
	step "build with faults to plant" make --no-print-directory -j"$(nproc)" planted
	step "planted faults are found, but for the three that are named open" build/bin/bw simulate --plants --seeds 1..$SIMULATE_PLANT_SEEDS \
		--report "$SIMULATE_REPORTS/plants.json"
}
