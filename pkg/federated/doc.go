// Package federated tunes prompts of a frozen vision transformer on the pictures of many clients
// (W. Deng, C. Thrampoulidis and X. Li, Unlocking the Potential of Prompt-Tuning in Bridging
// Generalized and Personalized Federated Learning, CVPR 2024: SGPT).
//
// A [Backbone], pre-trained on digits 0 to 4 and part of this package, stays as it is. A [Method]
// says what is trained: a head, prompts that all share before the lower blocks, prompts of groups
// before the upper ones, and a key for each group. A picture picks its group by what the frozen
// network without prompts says of it, q(x), its positive part normalised:
//
//	g(x) = argmin_g (1 - cos(q(x), k_g)) f_g,
//
// with f_g = 1 at test time and the share of earlier picks plus 5e-4 in training ([Factor]), which
// keeps a few keys from winning everything. A client's round has two stages, each with a fresh
// optimizer: shared prompts and head without groups, then group prompts, keys and head, on the
// cross-entropy less the mean cosine of pictures and the keys that they picked. The server averages
// by numbers of examples, and what belongs to groups by how often clients picked them (package fed).
//
//	digits, err := federated.LoadDigits(ctx)
//	b, err := federated.Load()
//	s, err := federated.NewFeature(b, digits, federated.FeatureSpec{Domains: federated.Domains, Copies: 1, Train: 20, Test: 25}, seed)
//	m := federated.SGPT(b.Net, 4, 2)
//	m.Query, m.Majority = 2, true
//	r, err := s.Run(ctx, pool, m, federated.Feature)
//	r.Global, r.Worst, r.Picks
//
// Clients have the digits 5 to 9, upright and after a quarter turn, as ten classes that the backbone
// has not met; they differ in how their pictures look ([NewFeature]) or which classes they have
// ([NewLabel]). [Setup.Run] simulates all of them in this process; [Task] has the parts that a server
// and clients in processes of their own share with it (cmd/federate).
//
// # On the device
//
// A stage is one compiled loop whose parameters, pictures and orders have a leading axis of
// clients. On a CPU that axis has one entry, and clients are jobs of an xla.Pool, a core each; on a
// GPU all that have equally many pictures share it, and one pass of the backbone serves them all.
// What the frozen network says of a picture never changes and is computed once.
//
// # Mistakes
//
// A client without pictures, a class that nobody has, more groups than pictures or dimensions,
// partitions that cannot be made, parameters or a backbone of another layout are errors before
// anything is compiled; a parameter that is not finite after a client's training is one that names
// the client.
package federated
