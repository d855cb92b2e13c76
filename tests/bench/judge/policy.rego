# SPDX-License-Identifier: Apache-2.0
# What zhengban.judge decides, in Rego: what does not depend on the computer is prepared in data (see peer.py), a row
# that nothing lists costs look-ups only, and the closure walks only rows that are not approved yet.
package zhengban

import rego.v1

# --- which products are for this computer --------------------------------------------------------------------------

computer := data.register[input.host]

holds(values, _) if count(values) == 0

holds(values, value) if value in values

inside contains id if {
	some id, product in data.products
	holds(product.departments, computer.department)
	holds(product.kinds, computer.kind)
	holds(product.computers, input.host)
}

# --- which product decides about a row -----------------------------------------------------------------------------

met(">=", order) if order >= 0

met("<=", order) if order <= 0

met(">", order) if order > 0

met("<", order) if order < 0

met("=", order) if order == 0

fits(selector, version) if {
	every bound in selector.bounds {
		met(bound[0], semver.compare(version, bound[1]))
	}
}

misfit(selector, version) := "" if fits(selector, version)

misfit(selector, version) := "version" if not fits(selector, version)

# A prohibition or retirement that does not fit, and a prohibition for other computers, is about something else.
counts("", state, _) if state != "forbidden"

counts("", "forbidden", away) if away == 0

counts("version", state, _) if not state in {"forbidden", "retired"}

outside(id) := 0 if id in inside

outside(id) := 1 if not id in inside

# Sets are ordered: the least member is the strictest, and keys follow the products' titles.
# What is decided for others comes last, also where it is strict.
rank(product, 0) := product.rank

rank(_, 1) := 3

candidates(selectors, version) := {[wrong, rank(product, away), away, selector.product] |
	some selector in selectors
	product := data.products[selector.product]
	away := outside(selector.product)
	wrong := misfit(selector, version)
	counts(wrong, product.state, away)
}

exactly[row] := found if {
	some manager, exact in data.exact
	some row, pkg in input.packages
	selectors := exact[pkg[1]]
	pkg[0] == manager
	found := candidates(selectors, pkg[2])
	count(found) > 0
}

by_pattern[row] contains selector if {
	some manager, globs in data.globs
	some selector in globs
	head := selector.head
	end := selector.end
	some row, pkg in input.packages
	pkg[1] >= head
	pkg[1] < end
	pkg[0] == manager
	glob.match(selector.name, null, pkg[1])
}

loosely[row] := found if {
	some row, selectors in by_pattern
	not exactly[row]
	found := candidates(selectors, input.packages[row][2])
	count(found) > 0
}

decided[row] := min(found) if some row, found in exactly

decided[row] := min(found) if some row, found in loosely

# --- what that makes of the row ------------------------------------------------------------------------------------

named[row] := "forbidden" if {
	some row, [wrong, _, _, id] in decided
	wrong == ""
	data.products[id].state == "forbidden"
}

named[row] := "retired" if {
	some row, [wrong, _, away, id] in decided
	wrong == ""
	away == 0
	data.products[id].state == "retired"
}

named[row] := "version_not_allowed" if {
	some row, [wrong, _, away, _] in decided
	wrong == "version"
	away == 0
}

named[row] := "product" if {
	some row, [wrong, _, away, id] in decided
	wrong == ""
	away == 0
	not data.products[id].state in {"forbidden", "retired"}
}

base := data.base[input.platform.id]

unknown contains row if {
	some manager, listed in base
	names := listed.names
	some row, pkg in input.packages
	not names[pkg[1]]
	pkg[0] == manager
}

in_base contains row if {
	some manager, listed in base
	some row in unknown
	pkg := input.packages[row]
	pkg[0] == manager
	some head in listed.heads
	startswith(pkg[1], head)
}

open contains row if {
	some row in unknown
	not row in in_base
	not named[row]
}

# --- what approved packages need -----------------------------------------------------------------------------------

lost contains row if {
	some row, code in named
	code in {"forbidden", "retired"}
}

needed contains other if {
	some row, pkg in input.packages
	some other in pkg[11]
	other in open
	not row in open
	not row in lost
}

brought := graph.reachable({row: edges | some row in open; edges := [o | some o in input.packages[row][11]; o in open]}, needed)

# --- findings ------------------------------------------------------------------------------------------------------

finding(code, row, number) := [code, sprintf("%s:%s:%s", [pkg[0], pkg[1], pkg[3]]), pkg[2], number] if {
	pkg := input.packages[row]
}

findings contains finding(code, row, data.products[decided[row][3]].number) if {
	some row, code in named
	code != "product"
}

findings contains finding("out_of_scope", row, data.products[decided[row][3]].number) if {
	some row in open
	not row in brought
	decided[row]
}

findings contains finding("unlisted", row, "") if {
	some row in open
	not row in brought
	not decided[row]
}

findings contains ["missing_required", product.shown, "", product.number] if {
	some id in inside
	product := data.products[id]
	product.state == "required"
	not id in {found[3] | some found in decided}
}

findings contains ["identity_mismatch", "", "", ""] if computer.machine_id != input.identity.machine_id
