/* SPDX-License-Identifier: Apache-2.0 */
/* The picture as tables for people and as JSON in the catalogue's words for programs. */
#ifndef BW_LISTS_H
#define BW_LISTS_H

#include "services/bw/grid.h"
#include "services/bw/picture.h"

#include <jansson.h>

/* A message of the catalogue as a JSON object. The caller's to release. */
json_t *list_message(enum message_type type, const void *body);
/* Writes it with two blanks of indent and releases it. */
void list_write(json_t *root, FILE *file);

void list_services(const struct picture *picture, nanos_t now, FILE *file, bool colour);
void list_markets(const struct picture *picture, nanos_t now, FILE *file, bool colour);
/* Open ones, or with `all` the newest that ended too; newest first, at most `count`. */
void list_orders(const struct picture *picture, bool all, size_t count, FILE *file, bool colour);
void list_positions(const struct picture *picture, FILE *file, bool colour);
void list_balances(const struct picture *picture, FILE *file, bool colour);
/* The newest `count`, the last one below. */
void list_alerts(const struct picture *picture, size_t count, FILE *file, bool colour);
/* How many were sent and what became of them, in one line. */
void list_orders_line(const struct picture *picture, FILE *file);
/* One screen: state of trading, services, markets, orders, money. */
void list_summary(const struct picture *picture, nanos_t now, FILE *file, bool colour);

/* Indices of orders, newest first; returns how many. Pure. */
size_t orders_sorted(const struct picture *picture, bool all, size_t out[PICTURE_ORDERS_MAX]);
/* "redis" and the supervisor too; the places where a person should look. Lines to `out`, at most
 * `max`. Pure. */
size_t advice(const struct picture *picture, nanos_t now, text_t *out, size_t max);

#endif
