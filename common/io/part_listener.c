/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/parts.h"

const struct listener_part listener_part = {
	.open = listener_open,
	.fd = listener_fd,
	.next = listener_next,
	.answer = listener_answer,
	.frame = listener_frame,
	.drop = listener_drop,
	.close = listener_close,
};
