// Package text turns texts into numbered tokens. A text that comes from outside goes this way:
//
//	[Read], [Decode]                 bytes to text: UTF-8, characters composed, or an error
//	[WordPunct], [Words], [Sentences]   text to words and sentences
//	[Vocabulary], [Vocab], [Frequent]   words to numbers, with one for words left out
//	[WordPiece]                      text to numbered pieces of words, as BERT's models read it
//	[Windows]                        numbers to sequences of one length
//	[Split]                          documents for training and documents for validation
//
// A letter and the marks above and below it are one character for all of them, whether a
// file has them composed or apart, and a mark ends no word: the vowel signs of Hindi, Thai
// and Arabic belong to theirs.
package text
