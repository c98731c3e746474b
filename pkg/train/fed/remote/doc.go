// Package remote runs a federation as a server and clients that are processes of their own and
// exchange trained numbers alone, over HTTP:
//
//	GET  /round?client=3    the open round, if client 3 is to train in it: 200 and the global
//	                        parameters; 204 if there is nothing to do yet; 410 after the last round
//	POST /update?client=3   what client 3 has trained
//
// A body is a safetensors file in float32, as package weights and every other library of the field
// reads it, with round, counts of groups, the name of the task and, of an update, the number of
// examples among its metadata. Nothing else is sent: no picture, no label, no address.
//
// # The rule
//
//	A client that dies in a round, or is late    The round waits for it until its deadline, and is then
//	                                             closed with the updates that have come; the average is
//	                                             over these. A late update is refused (409), as one of
//	                                             another round.
//	One that sends NaN, ±∞ or another shape      Refused (400), and nothing of it is kept. It may send
//	                                             a better one until the deadline; else it counts as dead.
//	One that sends twice                         The first counts; the second is refused (409), which a
//	                                             client whose answer was lost takes for success.
//	One of another task or backbone              Refused (400), and so is a client that was not chosen (409).
//	Nobody sends anything                        Parameters and counts stay; the next round begins.
//	The server dies                              It goes on from its checkpoint, which is written after
//	                                             every round: the open round begins anew, with the clients
//	                                             and the parameters that it had, so that the end has the
//	                                             bits of a server that did not die. Clients wait for it.
//
// As clients' updates are averaged in the order of their numbers, not of their arrival, a federation
// in which nobody dies has the bits of its simulation in one process.
package remote
