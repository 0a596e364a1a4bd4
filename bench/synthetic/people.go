package synthetic

import "fmt"

// person is an author or a committer, the bytes as they stand in the commit.
type person struct{ name, mail string }

var givenNames = []string{"Anna", "Bo", "Chen", "Dmitry", "Eva", "Farid", "Greta", "Hiro", "Ines", "Jan", "Kim", "Lena", "Marek", "Nia", "Oleg", "Priya"}

var familyNames = []string{"Andersson", "Baker", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ivanov", "Jensen", "Kumar", "Lopez", "Meyer", "Novak", "Okafor", "Park"}

// oddPeople have names that parsers stumble over.
var oddPeople = []person{
	{"", "nameless@example.org"},
	{"No Mail", ""},
	{"Jörg Müller", "jorg@example.org"},
	{"J. Random \"Hacker\" O'Neil, Jr.", "jr@example.com"},
	{"山田太郎", "yamada@example.jp"},
	{"root", "root@localhost.(none)"},
	{"a@b.example via list", "list at example dot org"},
	{"Caf\xe9 Latin", "latin@example.fr"},
}

func (r *random) person() person {
	// A few people do most of the work.
	n := r.skewed(4000)
	given, family := givenNames[n%len(givenNames)], familyNames[n/len(givenNames)%len(familyNames)]
	if n < len(givenNames)*len(familyNames) {
		return person{given + " " + family, fmt.Sprintf("%s.%s@example.org", given, family)}
	}
	return person{fmt.Sprintf("%s %c. %s", given, 'A'+rune(n%26), family), fmt.Sprintf("%s%d@example.com", family, n)}
}

func (p person) String() string { return p.name + " <" + p.mail + ">" }

var zones = []string{"+0000", "+0100", "+0200", "-0800", "-0700", "+0900", "+0530", "+0800", "-0500", "+1100", "-0330", "+1345"}

var oddZones = []string{"-7200", "+2400", "+0575", "-0000"}
