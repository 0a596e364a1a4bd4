package stage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
)

// node is a stage as the pipeline sees it, whatever the types of its items.
type node struct {
	pipeline *Pipeline
	name     string
	settings settings
	// part is what the user gave: a source, processor or sink, or nil.
	part any
	// source is the node that the items come from in the end.
	source *node
	// upstream is the node before this one; nil for a source.
	upstream *node
	// outputs are the streams that leave the node.
	outputs []*output
	// sated counts the outputs that take no more, see [Limit].
	sated atomic.Int32
	start func(*run)
	// finish is set for sinks only.
	finish func(context.Context) error

	meter meter
	// passed is the position behind the last item: of those that a source has
	// sent, or that a sink has written.
	passed atomic.Uint64

	// from is the position where the run goes on: for a source the first item
	// that it reads, for a sink the first that it takes. 0 but for a
	// resumption.
	from Position
	// state is set for stages that carry state a checkpoint has to keep.
	state *stageState
	// unresumable tells why a pipeline with this stage can have no checkpoint.
	unresumable string
}

// output is one end of a wire, and who takes from it.
type output struct{ takers []string }

// add makes a node. kind is its name if neither an option nor the part's type
// gives one.
func (p *Pipeline) add(kind string, part any, source *node, options []StageOption) *node {
	n := &node{pipeline: p, part: part, source: source, settings: settings{workers: 1}}
	if source == nil {
		n.source = n
	}
	for _, option := range options {
		option(&n.settings)
	}
	name := n.settings.name
	if name == "" {
		name = partName(kind, part)
	}
	n.name = p.unique(name)
	for _, m := range n.settings.mistakes {
		p.mistake("%s: %s", n.name, m)
	}
	p.nodes = append(p.nodes, n)
	return n
}

// partName makes a stage's name of its type: "source.Git", "DiffParser".
func partName(kind string, part any) string {
	if part == nil {
		return kind
	}
	name, _, _ := strings.Cut(fmt.Sprintf("%T", part), "[")
	return strings.TrimPrefix(strings.TrimPrefix(name, "*"), "stage.")
}

// unique numbers the second and later stages of a name.
func (p *Pipeline) unique(name string) string {
	candidate := name
	for i := 2; p.has(candidate); i++ {
		candidate = fmt.Sprintf("%s %d", name, i)
	}
	return candidate
}

func (p *Pipeline) has(name string) bool {
	for _, n := range p.nodes {
		if n.name == name {
			return true
		}
	}
	return false
}

// mistake notes that the pipeline is wired wrongly, for Run to return.
func (p *Pipeline) mistake(format string, args ...any) {
	p.mistakes = append(p.mistakes, fmt.Errorf(p.name+": "+format, args...))
}

// serial notes a mistake if the node was given options for parallel work.
func (p *Pipeline) serial(n *node, why string) {
	if n.settings.parallel {
		p.mistake("%s: Workers: %s", n.name, why)
	}
	if n.settings.unordered {
		p.mistake("%s: Unordered: %s", n.name, why)
	}
}

// check gives all the mistakes in the wiring.
func (p *Pipeline) check() error {
	p.checkCheckpoint()
	mistakes := p.mistakes
	if len(p.nodes) == 0 {
		mistakes = append(mistakes, fmt.Errorf("%s: the pipeline is empty: begin with From", p.name))
	}
	for _, n := range p.nodes {
		for _, o := range n.outputs {
			switch len(o.takers) {
			case 0:
				mistakes = append(mistakes, fmt.Errorf("%s: nothing takes what %s makes: end the stream with To", p.name, n.name))
			case 1:
			default:
				mistakes = append(mistakes, fmt.Errorf("%s: what %s makes goes to %s: split the stream with Tee", p.name, n.name, strings.Join(o.takers, " and to ")))
			}
		}
	}
	return errors.Join(mistakes...)
}
