package stage

import (
	"strings"
	"sync"
)

// Assistance is what an Assisted-by trailer says of a program that has helped
// with a commit.
type Assistance struct {
	// Agent is the program, and Model the model and version that it used; ""
	// where the trailer does not tell.
	Agent string `json:"agent"`
	Model string `json:"model"`
	// Tools are the analysis tools that were used beside it.
	Tools []string `json:"tools"`
}

// parseAssistance reads "AGENT:MODEL [TOOL] [TOOL]", the form of the kernel's
// document on coding assistants: the brackets may be left out there, and some
// people leave the model out or put a mail address behind.
func parseAssistance(value string) (Assistance, bool) {
	value, _, _ = strings.Cut(value, "<")
	agent, rest, ok := strings.Cut(value, ":")
	var a Assistance
	if !ok {
		// Without a model the tools can be told by their brackets only.
		agent, rest, _ = strings.Cut(value, "[")
		if rest != "" {
			rest = "[" + rest
		}
	}
	a.Agent = strings.TrimSpace(agent)
	for i, word := range strings.FieldsFunc(rest, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' }) {
		tool := strings.Trim(word, "[]")
		switch {
		case tool == "":
		case i == 0 && ok && word[0] != '[':
			a.Model = tool
		default:
			a.Tools = append(a.Tools, tool)
		}
	}
	return a, a.Agent != "" || a.Model != ""
}

// bots are the rules by which [People] tells programs that write commits under
// names of their own. They go by the forms of names and by addresses that are a
// program's alone. The first that fits counts.
var bots = []struct {
	rule string
	fits func(name, mail string) bool // both in lower case
}{
	// GitHub and GitLab mark the accounts of programs so.
	{"[bot]", func(name, mail string) bool {
		return strings.HasSuffix(name, "[bot]") || strings.Contains(mail, "[bot]@")
	}},
	{"syzbot", func(name, mail string) bool {
		return name == "syzbot" || strings.HasSuffix(mail, "@syzkaller.appspotmail.com")
	}},
	{"kernel test robot", func(name, mail string) bool {
		return mail == "lkp@intel.com" || name == "kernel test robot" || name == "kbuild test robot"
	}},
	{"dependency updates", func(name, mail string) bool {
		return name == "dependabot" || name == "dependabot-preview" || name == "renovate" || name == "renovate bot" ||
			mail == "support@dependabot.com"
	}},
	{"continuous integration", func(name, mail string) bool {
		return name == "github actions" || name == "github-actions" || name == "kernelci.org bot" || mail == "bot@kernelci.org" ||
			mail == "hulkci@huawei.com" || mail == "abaci@linux.alibaba.com" || mail == "zealci@zte.com.cn"
	}},
	{"named a bot", func(name, mail string) bool {
		local, _, _ := strings.Cut(mail, "@")
		for _, form := range []string{"-bot", "_bot", " robot", "-robot", ".bot", "+bot"} {
			if strings.HasSuffix(name, form) || strings.HasSuffix(local, form) && form != " robot" {
				return true
			}
		}
		return local == "bot" || local == "robot"
	}},
}

// botRule names the rule by which somebody is a program, or gives "".
func botRule(p Person) string {
	name, mail := lowerASCII(p.Name), lowerASCII(p.Mail)
	for i := range bots {
		if bots[i].fits(name, mail) {
			return bots[i].rule
		}
	}
	return ""
}

// knownBots keeps what [botRule] has said of people, most of whom have made many
// commits. It is safe for concurrent use.
type knownBots struct {
	mu    sync.RWMutex
	rules map[Person]string
}

// keptPeople bounds the people that are kept; the kernel has had about 30,000.
const keptPeople = 50_000

func (k *knownBots) rule(p Person) string {
	k.mu.RLock()
	rule, known := k.rules[p]
	k.mu.RUnlock()
	if known {
		return rule
	}
	rule = botRule(p)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.rules == nil || len(k.rules) >= keptPeople {
		k.rules = map[Person]string{}
	}
	k.rules[Person{strings.Clone(p.Name), strings.Clone(p.Mail)}] = rule
	return rule
}
