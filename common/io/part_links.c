/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/parts.h"

const struct links_part links_part = {
	.open = links_open,
	.connect = links_connect,
	.drop = links_drop,
	.send = links_send,
	.fd = links_fd,
	.next = links_next,
	.close = links_close,
};
