/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/handoff.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum err handoff_open(struct handoff *self)
{
	*self = (struct handoff){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	if (self->fd < 0)
		return ERR_IO;
	pthread_mutex_init(&self->lock, NULL);
	self->last = &self->first;
	return OK;
}

bool handoff_put(struct handoff *self, struct parcel *parcel)
{
	parcel->next = NULL;
	pthread_mutex_lock(&self->lock);
	bool was_empty = self->first == NULL;
	*self->last = parcel;
	self->last = &parcel->next;
	self->weight += parcel->weight;
	if (was_empty)
		eventfd_write(self->fd, 1);
	pthread_mutex_unlock(&self->lock);
	return was_empty;
}

struct parcel *handoff_take(struct handoff *self)
{
	eventfd_t ignored;

	pthread_mutex_lock(&self->lock);
	struct parcel *parcel = self->first;
	if (parcel != NULL) {
		self->first = parcel->next;
		self->weight -= parcel->weight;
		if (self->first == NULL) {
			self->last = &self->first;
			eventfd_read(self->fd, &ignored);
		}
	}
	pthread_mutex_unlock(&self->lock);
	return parcel;
}

size_t handoff_weight(struct handoff *self)
{
	pthread_mutex_lock(&self->lock);
	size_t weight = self->weight;
	pthread_mutex_unlock(&self->lock);
	return weight;
}

void handoff_close(struct handoff *self, void (*discard)(struct parcel *parcel))
{
	struct parcel *parcel;

	while ((parcel = handoff_take(self)) != NULL)
		discard(parcel);
	close(self->fd);
	pthread_mutex_destroy(&self->lock);
}
