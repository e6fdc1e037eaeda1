/* SPDX-License-Identifier: Apache-2.0 */
/* A message as text for people, logs and --json. Pure. */
#ifndef PROTO_PRINT_H
#define PROTO_PRINT_H

#include "proto/message.h"

/* Writes a body as one JSON object on one line: decimals and idents (32 hex digits) as strings,
   enums by name, count and nanos as integers, levels as [["price","qty"],…]. Bytes that are no
   UTF-8 become U+FFFD. Returns the length of the whole text without its NUL; when that is not
   below `capacity` the text was cut (still NUL-terminated, if there was room for anything). */
size_t message_print(const struct message_info *info, const void *body, char *out, size_t capacity);

#endif
