package sink

import (
	"fmt"
	"strings"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/commitflow/commitflow/stage"
)

// personColumns are those of one person.
type personColumns struct{ name, mail proto.ColStr }

func (p *personColumns) input(prefix string) proto.Input {
	return proto.Input{column(prefix+"_name", &p.name), column(prefix+"_mail", &p.mail)}
}

func (p *personColumns) append(v stage.Person) {
	p.name.Append(v.Name)
	p.mail.Append(v.Mail)
}

// knownColumns are those columns of the table commits that tell what stages have
// found out: people, the author's experience, patch-id, state, stable requests and
// vulnerabilities.
type knownColumns struct {
	loose                        byteLists
	author, committer            personColumns
	reviewerNames, reviewerMails stringLists
	bot                          proto.ColStr
	agents, models, tools        stringLists
	commits, subsystems, reviews proto.ColUInt32
	years                        proto.ColFloat32
	maintains                    stringLists
	expertise                    proto.ColFloat32
	expertiseRules               stringLists
	expertisePoints              floatLists
	patchID                      hashes
	state                        proto.ColStr
	fixDepth                     proto.ColUInt32
	stableVersions, stableNotes  stringLists
	noAutosel                    byteLists
	cveIDs, cveRoles, cveVectors stringLists
	cveScores                    floatLists
}

func (t *knownColumns) init() proto.Input {
	t.patchID.Size = len(stage.Hash{})
	for _, lists := range t.texts() {
		*lists = newStringLists()
	}
	for _, lists := range []*byteLists{&t.loose, &t.noAutosel} {
		lists.ColArr = new(proto.ColUInt8).Array()
	}
	for _, lists := range []*floatLists{&t.expertisePoints, &t.cveScores} {
		lists.ColArr = new(proto.ColFloat32).Array()
	}
	input := append(t.author.input("mapped_author"), t.committer.input("mapped_committer")...)
	return append(input,
		column("trailers.loose", t.loose),
		column("reviewers.name", t.reviewerNames), column("reviewers.mail", t.reviewerMails),
		column("bot", &t.bot),
		column("assistance.agent", t.agents), column("assistance.model", t.models), column("assistance.tools", t.tools),
		column("author_commits", &t.commits), column("author_years", &t.years),
		column("author_subsystems", &t.subsystems), column("author_reviews", &t.reviews),
		column("maintains", t.maintains),
		column("expertise", &t.expertise),
		column("expertise_parts.rule", t.expertiseRules), column("expertise_parts.points", t.expertisePoints),
		column("patch_id", &t.patchID), column("state", &t.state), column("fix_depth", &t.fixDepth),
		column("stable.versions", t.stableVersions), column("stable.no_autosel", t.noAutosel), column("stable.note", t.stableNotes),
		column("cves.id", t.cveIDs), column("cves.role", t.cveRoles), column("cves.score", t.cveScores), column("cves.vector", t.cveVectors))
}

// texts are the columns of lists of texts.
func (t *knownColumns) texts() []*stringLists {
	return []*stringLists{
		&t.reviewerNames, &t.reviewerMails, &t.agents, &t.models, &t.tools, &t.maintains,
		&t.expertiseRules, &t.stableVersions, &t.stableNotes, &t.cveIDs, &t.cveRoles, &t.cveVectors,
	}
}

func (t *knownColumns) append(c *stage.Commit) {
	for i := range c.Trailers {
		t.loose.add(c.Trailers[i].Loose)
	}
	t.author.append(c.MappedAuthor)
	t.committer.append(c.MappedCommitter)
	for _, reviewer := range c.Reviewers {
		t.reviewerNames.add(reviewer.Name)
		t.reviewerMails.add(reviewer.Mail)
	}
	t.bot.Append(c.Bot)
	for _, help := range c.Assistance {
		t.agents.add(help.Agent)
		t.models.add(help.Model)
		t.tools.add(strings.Join(help.Tools, " "))
	}
	t.commits.Append(uint32(c.Experience.Commits))
	t.years.Append(c.Experience.Years)
	t.subsystems.Append(uint32(c.Experience.Subsystems))
	t.reviews.Append(uint32(c.Experience.Reviews))
	for _, section := range c.Maintains {
		t.maintains.add(section)
	}
	t.expertise.Append(c.Expertise.Score)
	for _, part := range c.Expertise.Parts {
		t.expertiseRules.add(part.Rule)
		t.expertisePoints.add(part.Points)
	}
	t.patchID.add(c.PatchID)
	t.state.Append(c.State.String())
	t.fixDepth.Append(uint32(c.FixDepth))
	for _, request := range c.Stable {
		t.stableVersions.add(strings.Join(request.Versions, " "))
		t.noAutosel.add(request.NoAutosel)
		t.stableNotes.add(request.Note)
	}
	for _, cve := range c.CVEs {
		t.cveIDs.add(cve.ID)
		t.cveRoles.add(string(cve.Role))
		t.cveScores.add(cve.Score)
		t.cveVectors.add(cve.Vector)
	}
	for _, lists := range t.texts() {
		endRow(lists.ColArr)
	}
	endRow(t.loose.ColArr, t.noAutosel.ColArr)
	endRow(t.expertisePoints.ColArr, t.cveScores.ColArr)
}

// checkWords refuses values that there is no word for: whoever reads the commit
// back would not know them.
func checkWords(c *stage.Commit) error {
	if c.State > stage.Reapplied {
		return fmt.Errorf("%v: no such state", c.State)
	}
	for i := range c.Tags {
		if tag := &c.Tags[i]; tag.Strength > stage.StrengthCVE {
			return fmt.Errorf("tag %q: %v: no such strength", tag.Name, tag.Strength)
		}
	}
	return nil
}
