package function

// Waiting is the number of requests that wait for an instance.
func (f *Function) Waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.queue)
}
