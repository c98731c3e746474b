// Package fed has what federated learning adds to training: which client has which examples,
// who takes part in a round, and what a server makes of what comes back (McMahan et al.,
// Communication-Efficient Learning of Deep Networks from Decentralized Data, 2017).
//
//	p, err := fed.LabelUniform(labels, 10, 20, 2, random.Stream(seed, "partition"))
//	s, err := fed.NewServer(start, 20, 0, rules)
//	for range rounds {
//		chosen, err := fed.Sample(random.Stream(seed, name), 20, 0.25)
//		err = s.Begin(chosen)
//		for _, i := range chosen {
//			err = s.Take(train(i, s.Global)) // an [Update]
//		}
//		err = s.Close()
//	}
//
// Who trains, and how, is left to the caller: a simulation in one process and a server of real
// clients share all of this, to the bit. What a client sends does not have to be trusted:
// [Server.Take] refuses an update of another round, of another shape, that is not finite, that is
// there already or that nobody asked for, and stands as it stood.
package fed
