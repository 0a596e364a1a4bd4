package kernelcve

import (
	"fmt"
	"math"
	"strings"
)

// Scoring is a .cvss file: who gave the score, its vector, and why.
type Scoring struct {
	// Assigner is the UUID of the organisation.
	Assigner string
	Vector   Vector
	// Text is what follows the first line, its newline included.
	Text string
}

// ParseScoring reads a .cvss file.
func ParseScoring(text string) (Scoring, error) {
	line, _, _ := strings.Cut(text, "\n")
	assigner, vector, found := strings.Cut(line, " ")
	if !found {
		return Scoring{}, fmt.Errorf("score %.120q: want the UUID of the assigner and a vector", line)
	}
	v, err := ParseVector(vector)
	if err != nil {
		return Scoring{}, err
	}
	return Scoring{Assigner: assigner, Vector: v, Text: text[len(line):]}, nil
}

// String gives the file.
func (s Scoring) String() string { return s.Assigner + " " + s.Vector.String() + s.Text }

// Vector is the base metrics of CVSS version 3.0 or 3.1, each by its letter.
type Vector struct {
	// Minor is the '0' or '1' of the version.
	Minor byte

	AttackVector, AttackComplexity, PrivilegesRequired, UserInteraction, Scope byte
	Confidentiality, Integrity, Availability                                   byte
}

// The metrics in the order of a vector, with the letters that they may have.
var metrics = [...]struct{ name, letters string }{
	{"AV", "NALP"}, {"AC", "LH"}, {"PR", "NLH"}, {"UI", "NR"}, {"S", "UC"}, {"C", "NLH"}, {"I", "NLH"}, {"A", "NLH"},
}

func (v *Vector) values() [len(metrics)]*byte {
	return [...]*byte{&v.AttackVector, &v.AttackComplexity, &v.PrivilegesRequired, &v.UserInteraction, &v.Scope,
		&v.Confidentiality, &v.Integrity, &v.Availability}
}

// ParseVector reads "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H". The base
// metrics have to be there in this order, as the specification recommends, and
// nothing else.
func ParseVector(text string) (Vector, error) {
	var v Vector
	parts := strings.Split(text, "/")
	if len(parts) != 1+len(metrics) || parts[0] != "CVSS:3.0" && parts[0] != "CVSS:3.1" {
		return Vector{}, fmt.Errorf("CVSS vector %.80q: want CVSS:3.1 and the %d base metrics", text, len(metrics))
	}
	v.Minor = parts[0][len(parts[0])-1]
	for i, value := range v.values() {
		name, letter, _ := strings.Cut(parts[1+i], ":")
		if name != metrics[i].name || len(letter) != 1 || !strings.Contains(metrics[i].letters, letter) {
			return Vector{}, fmt.Errorf("CVSS vector %.80q: %.20q is no value of %s", text, parts[1+i], metrics[i].name)
		}
		*value = letter[0]
	}
	return v, nil
}

// String gives the vector as [ParseVector] reads it.
func (v Vector) String() string {
	var b strings.Builder
	b.WriteString("CVSS:3.")
	b.WriteByte(v.Minor)
	for i, value := range v.values() {
		b.WriteString("/" + metrics[i].name + ":")
		b.WriteByte(*value)
	}
	return b.String()
}

// Score gives the base score, 0 to 10, by the equations of the specification
// (FIRST, Common Vulnerability Scoring System v3.1, sections 7.1 and 7.4).
func (v Vector) Score() float32 {
	changed := v.Scope == 'C'
	lost := 1 - (1-impact[v.Confidentiality])*(1-impact[v.Integrity])*(1-impact[v.Availability])
	effect := 6.42 * lost
	if changed {
		effect = 7.52*(lost-0.029) - 3.25*math.Pow(lost-0.02, 15)
	}
	if effect <= 0 {
		return 0
	}
	privileges := map[byte]float64{'N': 0.85, 'L': 0.62, 'H': 0.27}
	if changed {
		privileges = map[byte]float64{'N': 0.85, 'L': 0.68, 'H': 0.5}
	}
	reach := map[byte]float64{'N': 0.85, 'A': 0.62, 'L': 0.55, 'P': 0.2}
	ease := 8.22 * reach[v.AttackVector] * map[byte]float64{'L': 0.77, 'H': 0.44}[v.AttackComplexity] *
		privileges[v.PrivilegesRequired] * map[byte]float64{'N': 0.85, 'R': 0.62}[v.UserInteraction]
	score := effect + ease
	if changed {
		score *= 1.08
	}
	return roundUp(min(score, 10))
}

var impact = map[byte]float64{'H': 0.56, 'L': 0.22, 'N': 0}

// roundUp gives the next tenth, as the specification's appendix A does it, which
// keeps errors of binary fractions out.
func roundUp(score float64) float32 {
	n := int(math.Round(score * 100_000))
	if n%10_000 == 0 {
		return float32(n) / 100_000
	}
	return float32(n/10_000+1) / 10
}
