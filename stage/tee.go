package stage

import "time"

// Tee gives every item to two streams, in the same order. From here on the
// items are shared: neither branch may change what they point to. The faster
// branch waits for the slower one once a few chunks lie between them.
func Tee[T any](s Stream[T], options ...StageOption) (Stream[T], Stream[T]) {
	n := s.after("Tee", nil, options)
	s.p.serial(n, "there is nothing to be done in parallel")
	in := s.join(n)
	first := stream(s.p, n, in.ordered, in.size)
	second := stream(s.p, n, in.ordered, in.size)
	n.start = func(r *run) {
		r.spawn(n, func() { tee(r, n, in, first.wire, second.wire) })
	}
	return first, second
}

func tee[T any](r *run, n *node, in, first, second *wire[T]) {
	t := tally{began: time.Now()}
	defer func() {
		t.end()
		n.meter.add(&t)
	}()
	for {
		c := in.receive(r.ctx, &t)
		if c == nil {
			break
		}
		n := uint64(len(c.items))
		t.in, t.out, t.emitted = t.in+n, t.out+n, t.emitted+n
		r.inflight.change(c.bytes)
		double := second.get()
		double.items = append(double.items, c.items...)
		double.bytes = c.bytes
		if first.send(r.ctx, c, &t) != nil || second.send(r.ctx, double, &t) != nil {
			return
		}
	}
	if !r.over() {
		close(first.ch)
		close(second.ch)
	}
}
