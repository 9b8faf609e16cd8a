// The service to test against: the one at LOTTERY_URL, or a local cloud of our own, which ends with the tests.
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');

const given = process.env.LOTTERY_URL;
const root = path.join(__dirname, '..', '..');
const flags = ['-addr', '127.0.0.1:0', '-quiet', '-lock-lead', '5s', '-min-lead', '8s'];

/** Seconds from creating a lottery to its draw; a local cloud with its own flags wants more. */
const LEAD = given ? 24 : 13;

/** @returns {Promise<{base: string, stop: () => Promise<void>}>} */
async function start() {
  if (given) return { base: given.replace(/\/$/, ''), stop: async () => {} };
  const data = fs.mkdtempSync(path.join(os.tmpdir(), 'lottery-'));
  // A group of its own: go run does not hand signals on.
  const child = spawn('go', ['run', './cmd/local', ...flags, '-data', data], { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null) process.kill(-child.pid, 'SIGINT');
    await ended;
    fs.rmSync(data, { recursive: true, force: true });
  };
  return { base: await ready(child), stop };
}

function ready(child) {
  return new Promise((resolve, reject) => {
    let out = '';
    let err = '';
    child.stderr.on('data', (d) => { err += d; });
    child.stdout.on('data', (d) => {
      out += d;
      const line = /^ready (\S+)/m.exec(out);
      if (line) resolve(line[1]);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the local cloud ended with ${code}: ${err}`)));
  });
}

module.exports = { start, LEAD };
