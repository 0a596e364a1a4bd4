package spdx

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestExpression(t *testing.T) {
	for _, c := range []struct{ name, content, want string }{
		{"C source", "// SPDX-License-Identifier: GPL-2.0-only\n#include <linux/io.h>\n", "GPL-2.0-only"},
		{"C header", "/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */\n", "GPL-2.0 WITH Linux-syscall-note"},
		{"comment closed without a space", "/* SPDX-License-Identifier: MIT*/\n", "MIT"},
		{"Makefile", "# SPDX-License-Identifier: GPL-2.0+\nobj-y += a.o\n", "GPL-2.0+"},
		{"script", "#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0\n", "GPL-2.0"},
		{"Python with an encoding", "#!/usr/bin/python3\n# -*- coding: utf-8 -*-\n# SPDX-License-Identifier: MIT\n", "MIT"},
		{"reStructuredText", ".. SPDX-License-Identifier: GPL-2.0\n\nTitle\n", "GPL-2.0"},
		{"XML", "<!-- SPDX-License-Identifier: CC0-1.0 -->\n", "CC0-1.0"},
		{"assembler", "; SPDX-License-Identifier: ISC\n", "ISC"},
		{"m4", "dnl SPDX-License-Identifier: GPL-3.0-or-later\n", "GPL-3.0-or-later"},
		{"batch file", "@rem SPDX-License-Identifier: MIT\n", "MIT"},
		{"block comment", "/*\n * (C) Copyright 2013\n *\n * SPDX-License-Identifier:\tGPL-2.0+\n */\n", "GPL-2.0+"},
		{"alternatives", "// SPDX-License-Identifier: (GPL-2.0-or-later OR MIT)\n", "(GPL-2.0-or-later OR MIT)"},
		{"spaces", "// SPDX-License-Identifier:   ( GPL-2.0+  OR\tMIT )  \n", "(GPL-2.0+ OR MIT)"},
		{"nested", "// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) AND MIT)\n", "((GPL-2.0 WITH Linux-syscall-note) AND MIT)"},
		{"own licence", "// SPDX-License-Identifier: LicenseRef-Vendor-1.0\n", "LicenseRef-Vendor-1.0"},
		{"lower-case operator", "// SPDX-License-Identifier: GPL-2.0 or MIT\n", "GPL-2.0 or MIT"},
		{"carriage return", "// SPDX-License-Identifier: MIT\r\n", "MIT"},
		{"no newline", "# SPDX-License-Identifier: MIT", "MIT"},

		{"across the end of what is looked at", "/*" + strings.Repeat("*", firstBytes-30) + "SPDX-License-Identifier: GPL-2.0-or-later\n", "GPL-2.0-or-later"},

		{"very long line", "// SPDX-License-Identifier: " + strings.Repeat("G", longest) + "\n", ""},
		{"empty file", "", ""},
		{"no tag", "int main(void) { return 0; }\n", ""},
		{"tag in a string", "x = \"// SPDX-License-Identifier: MIT\";\n", ""},
		{"tag in code", "print(\"SPDX-License-Identifier: MIT\")\n", ""},
		{"nothing after the tag", "// SPDX-License-Identifier:\n", ""},
		{"prose", "# SPDX-License-Identifier: see the file LICENSE!\n", ""},
		{"two licences without an operator", "# SPDX-License-Identifier: GPL-2.0 MIT\n", ""},
		{"operator without a licence", "# SPDX-License-Identifier: GPL-2.0 OR\n", ""},
		{"operator in place of a licence", "# SPDX-License-Identifier: OR\n", ""},
		{"parenthesis left open", "# SPDX-License-Identifier: (GPL-2.0 OR MIT\n", ""},
		{"parenthesis never opened", "# SPDX-License-Identifier: GPL-2.0)\n", ""},
		{"far into the file", strings.Repeat("#\n", 40) + "# SPDX-License-Identifier: MIT\n", ""},
		{"nested too deep", "# SPDX-License-Identifier: " + strings.Repeat("(", 100) + "MIT" + strings.Repeat(")", 100) + "\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, Expression([]byte(c.content)))
		})
	}
}

func FuzzExpression(f *testing.F) {
	f.Add([]byte("// SPDX-License-Identifier: (GPL-2.0-or-later OR MIT) AND BSD-2-Clause\n"))
	f.Add([]byte("#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note\n"))
	f.Add([]byte("/* SPDX-License-Identifier:(*/"))
	f.Fuzz(func(t *testing.T, content []byte) {
		expression := Expression(content)
		if expression == "" || len(expression) > longest/2 {
			return
		}
		again := Expression([]byte("// " + tag + expression + "\n"))
		assert.Equal(t, expression, again, "an expression is an expression still when written anew")
	})
}
