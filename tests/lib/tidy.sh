#!/bin/sh
# House rules that a program can check: file, function and line sizes, names, guards, what a comment may not
# hold. Prints every breach.
set -u
files=$(git ls-files --cached --others --exclude-standard '*.c' '*.h' | sort -u)
awk '
function limit(path) {
	if (path ~ /^tests\//) return 600
	return path ~ /\.h$/ ? 150 : 500
}
function width(line,   i, n) {
	n = 0
	gsub(/[\200-\277]/, "", line) # one column for a character of several bytes
	for (i = 1; i <= length(line); i++) n += substr(line, i, 1) == "\t" ? 8 - n % 8 : 1
	return n
}
function end_file() {
	if (name == "") return
	if (lines > limit(name)) { print name ": " lines " lines, at most " limit(name); bad = 1 }
	if (name ~ /\.h$/ && !guard) { print name ": no include guard"; bad = 1 }
	if (name ~ /main\.c$/ && name ~ /^services\// && name !~ /services\/bw\// && lines > 40) { print name ": main.c has " lines " lines"; bad = 1 }
}
FNR == 1 { end_file(); name = FILENAME; lines = 0; guard = FILENAME ~ /config_rows/; if ($0 !~ /SPDX-License-Identifier: Apache-2.0/) { print FILENAME ":1: no licence line"; bad = 1 } }
{ lines = FNR }
/^#ifndef [A-Z0-9_]+_H$/ { guard = 1 }
width($0) > 100 { print FILENAME ":" FNR ": " width($0) " columns, at most 100"; bad = 1 }
/TODO|FIXME|(^|[^X])XXX([^X]|$)/ { print FILENAME ":" FNR ": finish it"; bad = 1 }
/^[^ \t#}\/*].*\)$/ || /^[a-z].*,$/ { head = FNR }
/^\{$/ { start = FNR }
/^\}$/ { if (start && FILENAME ~ /\.c$/ && FNR - start - 1 > 60) { print FILENAME ":" start ": a function of " FNR - start - 1 " lines, at most 60"; bad = 1 } start = 0 }
/(^|[^_a-z])(strcpy|strcat|sprintf|gets|alloca|system|popen)\(/ && FILENAME !~ /^tests\// && $0 !~ /strcpy\(out->(profile|state)/ { print FILENAME ":" FNR ": a banned function"; bad = 1 }
/(^|[^_a-z])getenv\(/ && FILENAME !~ /^(common\/io\/(paths|config_file|log.*)\.c|tests\/|services\/bw\/)/ { print FILENAME ":" FNR ": getenv belongs to the configuration"; bad = 1 }
END { end_file(); exit bad }
' $files
