// The ways into an event: a link or a message has `id` in its query, a share code `e=<id>` in its scene, URL-encoded.
function idOf(options) {
  if (options.id) return options.id;
  try {
    return decodeURIComponent(options.scene || '').replace(/^e=/, '');
  } catch (e) {
    return ''; // a scene that is not URL-encoded is none of ours
  }
}

module.exports = { idOf };
