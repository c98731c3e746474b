package progress

import "context"

type folderKey struct{}

// WithFolder returns a context whose work may keep how far it came in files of a folder,
// which need not be there yet, so that it goes on from them when it is done again. The
// folder belongs to one piece of work: the same function on the same data, in the same
// code.
func WithFolder(ctx context.Context, folder string) context.Context {
	return context.WithValue(ctx, folderKey{}, folder)
}

// Folder returns the folder in which the work of ctx may keep how far it came, or "".
func Folder(ctx context.Context) string {
	folder, _ := ctx.Value(folderKey{}).(string)
	return folder
}
