/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/err.h"

struct err_row {
	const char *name;
	const char *text;
	enum err_class class;
};

static const struct err_row rows[ERR_COUNT] = {
#define ERR(name, text, class) [name] = {#name, text, ERR_CLASS_##class},
#include "common/base/err.def"
#undef ERR
};

/* A cast byte can reach us as a code that isn't in the list: it is then a defect of ours. */
static const struct err_row unknown = {
	"ERR_UNKNOWN",
	"an error code that isn't in the list",
	ERR_CLASS_OURS,
};

static const struct err_row *row_of(enum err err)
{
	return (unsigned)err < ERR_COUNT ? &rows[err] : &unknown;
}

const char *err_name(enum err err)
{
	return row_of(err)->name;
}

const char *err_text(enum err err)
{
	return row_of(err)->text;
}

enum err_class err_class(enum err err)
{
	return row_of(err)->class;
}
