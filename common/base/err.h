/* SPDX-License-Identifier: Apache-2.0 */
/* The one error list. A function that can fail returns `enum err`, writes its results only on
   success, and is marked MUST_CHECK. Callers branch on err_class(), never on a list of codes. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))

enum err_class {
	ERR_CLASS_NONE,
	ERR_CLASS_TRANSIENT,
	ERR_CLASS_PERMANENT,
	ERR_CLASS_CORRUPT,
	ERR_CLASS_OURS,
};

enum err {
#define ERR(name, text, class) name,
#include "common/base/err.def"
#undef ERR
	ERR_COUNT
};

const char *err_name(enum err err); /* "ERR_TIMEOUT"; never NULL */
const char *err_text(enum err err); /* one sentence part for people; never NULL */
enum err_class err_class(enum err err);

#endif
