// The checker's own thread. It gets the program once and then one check after the other: {id, proof, given, tickets}. It
// answers {id, result} or {id, error}. wasm_exec.js stands before this text and defines Go.

let ready;

/** Starts the program, given gzip-compressed in base64. */
async function start(base64) {
  const text = atob(base64);
  const packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  const bytes = await new Response(unpacked).arrayBuffer();
  const go = new Go();
  const { instance } = await WebAssembly.instantiate(bytes, go.importObject);
  go.run(instance); // returns only when the program ends, which it never should
}

onmessage = async ({ data }) => {
  if (data.program) {
    ready = start(data.program);
    ready.catch(() => {}); // told with the first check
    return;
  }
  try {
    await ready;
    postMessage({ id: data.id, result: JSON.parse(checkDraw(data.proof, JSON.stringify(data.given), data.tickets)) });
  } catch (err) {
    postMessage({ id: data.id, error: String(err && err.message || err) });
  }
};
