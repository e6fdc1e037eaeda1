/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/simulate.h"

int main(int argc, char **argv)
{
	return simulate_main(argc, argv);
}
