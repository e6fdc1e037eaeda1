# How much the simulator runs for each change; every number can be lowered from outside. Sourced by tests/run.sh.
: "${SIMULATE_SEEDS:=8000}"        # schedules; seeds 8798 (I-14) and 14653 (I-38) are open
: "${SIMULATE_PAIRS:=250}"         # sampled pairs of crashes, of each scenario
# Open, and not in the list: answer_lost (I-17), halt_1 to halt_4 (I-14).
: "${SIMULATE_SCENARIOS:=buy_filled buy_in_parts cancel_races_fill request_lost stop_placed stop_triggers stop_here \
exit_replaces_stop stream_cut stop_close stop_trails fence renewed guarded reconcile wind_down rejected power_loss \
view_stalls two_symbols}"
: "${SIMULATE_TWICE:=1000}"        # schedules that are run twice
: "${SIMULATE_PLANT_SEEDS:=4000}" # at most, until a planted fault is found
SIMULATE_REPORTS=${SIMULATE_REPORTS:-build/simulation}

# simulation_steps: needs step() of step.sh and a built stack.
simulation_steps() {
	mkdir -p "$SIMULATE_REPORTS"
	step "$SIMULATE_SEEDS schedules" build/bin/bw simulate --seeds 1..$SIMULATE_SEEDS \
		--report "$SIMULATE_REPORTS/seeds.json"
	step "$SIMULATE_TWICE schedules twice" build/bin/bw simulate --seeds 1..$SIMULATE_TWICE --twice \
		--report "$SIMULATE_REPORTS/twice.json"
	for scenario in $SIMULATE_SCENARIOS; do
		step "a crash at every effect of $scenario" build/bin/bw simulate --enumerate "$scenario" \
			--pairs $SIMULATE_PAIRS --report "$SIMULATE_REPORTS/crashes-$scenario.json"
	done
	step "build with faults to plant" make --no-print-directory -j"$(nproc)" planted
	step "planted faults are found, but for the three that are named open" build/bin/bw simulate --plants --seeds 1..$SIMULATE_PLANT_SEEDS \
		--report "$SIMULATE_REPORTS/plants.json"
}
