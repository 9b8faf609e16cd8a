// The program has no state of its own beside what is in storage: the token, the name, a draft, and what lib/keep.js keeps.
App({});
