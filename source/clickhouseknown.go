package source

import (
	"strings"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/commitflow/commitflow/stage"
)

// personColumns are those of one person.
type personColumns struct{ name, mail proto.ColStr }

func (p *personColumns) fields(prefix string) []field {
	return []field{textField(prefix+"_name", &p.name), textField(prefix+"_mail", &p.mail)}
}

func (p *personColumns) at(row int) stage.Person {
	return stage.Person{Name: p.name.Row(row), Mail: p.mail.Row(row)}
}

// knownColumns are those columns of the table commits that tell what stages have
// found out. Whether a trailer is loose follows from the message.
type knownColumns struct {
	author, committer            personColumns
	reviewerNames, reviewerMails stringLists
	bot                          proto.ColStr
	agents, models, tools        stringLists
	commits, subsystems, reviews proto.ColUInt32
	years                        proto.ColFloat32
	maintains                    stringLists
	expertise                    proto.ColFloat32
	expertiseRules               stringLists
	expertisePoints              *proto.ColArr[float32]
	patchID                      hashes
	state                        proto.ColStr
	fixDepth                     proto.ColUInt32
	stableVersions, stableNotes  stringLists
	noAutosel                    *proto.ColArr[uint8]
	cveIDs, cveRoles, cveVectors stringLists
	cveScores                    *proto.ColArr[float32]
}

func (t *knownColumns) fields() []field {
	t.patchID = hashColumn()
	t.expertisePoints, t.cveScores = new(proto.ColFloat32).Array(), new(proto.ColFloat32).Array()
	t.noAutosel = new(proto.ColUInt8).Array()
	fields := append(t.author.fields("mapped_author"), t.committer.fields("mapped_committer")...)
	return append(fields,
		listField("reviewers.name", &t.reviewerNames), listField("reviewers.mail", &t.reviewerMails),
		textField("bot", &t.bot),
		listField("assistance.agent", &t.agents), listField("assistance.model", &t.models), listField("assistance.tools", &t.tools),
		plainField("author_commits", &t.commits), plainField("author_years", &t.years),
		plainField("author_subsystems", &t.subsystems), plainField("author_reviews", &t.reviews),
		listField("maintains", &t.maintains),
		plainField("expertise", &t.expertise),
		listField("expertise_parts.rule", &t.expertiseRules), plainField("`expertise_parts.points`", t.expertisePoints),
		plainField("patch_id", &t.patchID), textField("state", &t.state), plainField("fix_depth", &t.fixDepth),
		listField("stable.versions", &t.stableVersions), plainField("`stable.no_autosel`", t.noAutosel), listField("stable.note", &t.stableNotes),
		listField("cves.id", &t.cveIDs), listField("cves.role", &t.cveRoles), plainField("`cves.score`", t.cveScores), listField("cves.vector", &t.cveVectors))
}

func (t *knownColumns) addTo(c *stage.Commit, row int) error {
	c.MappedAuthor, c.MappedCommitter = t.author.at(row), t.committer.at(row)
	for from, to := span(t.reviewerNames.ColArr, row); from < to; from++ {
		c.Reviewers = append(c.Reviewers, stage.Person{Name: t.reviewerNames.Data.Row(from), Mail: t.reviewerMails.Data.Row(from)})
	}
	c.Bot = t.bot.Row(row)
	for from, to := span(t.agents.ColArr, row); from < to; from++ {
		c.Assistance = append(c.Assistance, stage.Assistance{
			Agent: t.agents.Data.Row(from), Model: t.models.Data.Row(from), Tools: clipped(strings.Fields(t.tools.Data.Row(from))),
		})
	}
	c.Experience = stage.Experience{
		Commits: int(t.commits[row]), Years: t.years[row], Subsystems: int(t.subsystems[row]), Reviews: int(t.reviews[row]),
	}
	c.Maintains = clipped(t.maintains.Row(row))
	c.Expertise.Score = t.expertise[row]
	for from, to := span(t.expertisePoints, row); from < to; from++ {
		c.Expertise.Parts = append(c.Expertise.Parts, stage.ScorePart{Rule: t.expertiseRules.Data.Row(from), Points: t.expertisePoints.Data.Row(from)})
	}
	c.PatchID = t.patchID.at(row)
	c.FixDepth = int(t.fixDepth[row])
	for from, to := span(t.noAutosel, row); from < to; from++ {
		c.Stable = append(c.Stable, stage.StableRequest{
			Versions:  clipped(strings.Fields(t.stableVersions.Data.Row(from))),
			NoAutosel: t.noAutosel.Data.Row(from) != 0, Note: t.stableNotes.Data.Row(from),
		})
	}
	for from, to := span(t.cveScores, row); from < to; from++ {
		c.CVEs = append(c.CVEs, stage.CVE{
			ID: t.cveIDs.Data.Row(from), Role: stage.CVERole(t.cveRoles.Data.Row(from)),
			Score: t.cveScores.Data.Row(from), Vector: t.cveVectors.Data.Row(from),
		})
	}
	return c.State.UnmarshalText(t.state.RowBytes(row))
}
