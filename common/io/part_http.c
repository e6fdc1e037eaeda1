/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/parts.h"

const struct http_part http_part = {
	.open = http_open,
	.start = http_start,
	.fd = http_fd,
	.next = http_next,
	.close = http_close,
};
