#!/usr/bin/env python3
"""Writes case_fold_table.h from CaseFolding.txt (https://www.unicode.org/Public/15.0.0/ucd/CaseFolding.txt).

    ./make_case_fold_table.py CaseFolding.txt > case_fold_table.h

The table is frozen: this is here to show where it comes from, not to be run with a newer file."""

import sys


def runs(mapping):
    """Joins code points of one distance and one stride (1 or 2) to (first, last, stride, distance)."""
    result = []
    for code, target in sorted(mapping.items()):
        distance = target - code
        if result:
            first, last, stride, known = result[-1]
            step = code - last
            if known == distance and step in (1, 2) and (first == last or step == stride):
                result[-1] = (first, code, step, distance)
                continue
        result.append((code, code, 1, distance))
    return result


def main():
    mapping = {}
    with open(sys.argv[1], encoding="utf-8") as lines:
        version = next(lines).strip()
        if version != "# CaseFolding-15.0.0.txt":
            sys.exit("The table is frozen at Unicode 15.0.0; this is " + version)
        for line in lines:
            fields = [field.strip() for field in line.split("#")[0].split(";")]
            if len(fields) >= 3 and fields[1] in ("C", "S"):
                mapping[int(fields[0], 16)] = int(fields[2], 16)
    rows = runs(mapping)
    print("#pragma once\n\n#include <cstdint>\n")
    print("// Written by make_case_fold_table.py from CaseFolding-15.0.0.txt, statuses C and S: %d code points in %d runs." % (len(mapping), len(rows)))
    print("// Unicode data files: copyright Unicode, Inc., https://www.unicode.org/terms_of_use.html\n")
    print("namespace driftless {\n")
    print("/// Every `stride`th code point from `first` to `last` folds to itself plus `distance`. Ascending.")
    print("struct CaseFoldRun\n{\n    char32_t first;\n    char32_t last;\n    std::uint32_t stride;\n    std::int32_t distance;\n};\n")
    print("inline constexpr CaseFoldRun kCaseFoldRuns[] = {")
    for first, last, stride, distance in rows:
        print("    {0x%04x, 0x%04x, %d, %d}," % (first, last, stride, distance))
    print("};\n\n} // namespace driftless")


main()
