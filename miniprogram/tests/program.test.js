// The program's files: compiled by WeChat's own compilers, checked against WeChat's types, and held to what they promise.
const test = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const compiler = require('miniprogram-compiler');

const root = path.join(__dirname, '..');
const files = fs.readdirSync(root, { recursive: true }).map((f) => f.split(path.sep).join('/'))
  .filter((f) => !/^(node_modules|tests|tools)(\/|$)/.test(f));
const ending = (e) => files.filter((f) => f.endsWith(e));
const read = (f) => fs.readFileSync(path.join(root, f), 'utf8');
const json = (f) => JSON.parse(read(f));
const source = ending('.js').filter((f) => f !== 'lib/vdraw.js');
const run = (text) => new Function(text)();

test('every WXML compiles, and renders before there are data', () => {
  global.window = { __webview_engine_version__: 0.02 };
  const gwx = run(compiler.wxmlToJs(root));
  for (const f of ending('.wxml')) {
    const tree = gwx(f)({});
    assert.ok(tree && tree.children, f);
  }
  delete global.window;
});

test('the compilers refuse what is no WXML and no WXSS', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wxml-'));
  fs.writeFileSync(path.join(folder, 'a.wxml'), '<view><text></view>');
  fs.writeFileSync(path.join(folder, 'a.wxss'), '.a { color: red; } }');
  assert.throws(() => compiler.wxmlToJs(folder));
  assert.throws(() => compiler.wxssToJs(folder));
  fs.rmSync(folder, { recursive: true });
});

test('every WXSS compiles', () => {
  const text = compiler.wxssToJs(root);
  for (const f of ending('.wxss').filter((n) => n !== 'app.wxss' && n !== 'shared.wxss')) assert.ok(text.includes(`'${f}':`), f);
  assert.match(read('app.wxss'), /@import "shared.wxss"/);
});

test('types are right, by WeChat\'s own typings', () => {
  const tsc = spawnSync(path.join(root, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.json'], { cwd: root, encoding: 'utf8' });
  assert.equal(tsc.status, 0, tsc.stdout + tsc.stderr);
});

test('lib/vdraw.js is what npm run vdraw writes now', async () => {
  const { wanted, commonJS } = await import('../tools/vdraw.mjs');
  assert.equal(read('lib/vdraw.js'), wanted(), 'web/vdraw.mjs has changed: npm run vdraw');
  assert.throws(() => commonJS('export default 1;\n'), /not translated/);
  assert.throws(() => commonJS("import x from 'y';\n"), /not translated/);
});

test('every page and component that is named is there, whole', () => {
  const named = json('app.json').pages.slice();
  for (const f of ending('.json')) {
    for (const p of Object.values(json(f).usingComponents || {})) named.push(path.posix.join(path.posix.dirname(f), p));
  }
  for (const n of new Set(named)) for (const e of ['js', 'json', 'wxml', 'wxss']) assert.ok(files.includes(`${n}.${e}`), `${n}.${e}`);
  assert.deepEqual(ending('.wxml').map((f) => f.slice(0, -5)).sort(), [...new Set(named)].sort());
});

test('every handler that a WXML names is a method', () => {
  for (const f of ending('.wxml')) {
    const code = read(f.replace('.wxml', '.js'));
    for (const [, name] of read(f).matchAll(/\b(?:bind|catch):?\w+="(\w+)"/g)) {
      assert.match(code, new RegExp(`^    (async )?${name}\\(`, 'm'), `${f}: ${name}`);
    }
  }
});

test('whatever can be tapped or filled in has a name and a role', () => {
  for (const f of ending('.wxml')) {
    for (const [tag, name] of read(f).matchAll(/<(\w[\w-]*)(?:[^<>"]|"[^"]*")*>/g)) {
      const taps = name === 'button' || name === 'picker' || /\bbindtap=/.test(tag);
      if (taps) assert.match(tag, /aria-role="/, `${f}: ${tag}`);
      if (taps || name === 'input' || name === 'image') assert.match(tag, /aria-label="./, `${f}: ${tag}`);
    }
  }
});

test('no word of state lotteries, and no chance for sharing', () => {
  const forbidden = /彩票|彩金|投注|下注|博彩|福彩|体彩|提高中奖|增加中奖|分享.{0,6}(机会|次数|概率)|邀请.{0,6}(机会|次数|概率)|助力/;
  for (const f of files.filter((n) => /\.(js|json|wxml)$/.test(n))) assert.equal(forbidden.exec(read(f)), null, f);
});

test('the program asks nothing of a phone that the tests do not have', () => {
  const { Phone } = require('./phone');
  const had = Object.keys(new Phone('http://127.0.0.1', 'x').wx);
  for (const f of source) for (const [, name] of read(f).matchAll(/\bwx\.(\w+)/g)) assert.ok(had.includes(name), `${f}: wx.${name}`);
});

test('only what is shipped is loaded: no packages, nothing from outside of the folder', () => {
  for (const f of ending('.js')) {
    for (const [, name] of read(f).matchAll(/\brequire\('([^']+)'\)/g)) {
      assert.match(name, /^\.\.?\//, `${f}: ${name}`);
      assert.ok(files.includes(`${path.posix.join(path.posix.dirname(f), name)}.js`), `${f}: ${name}`);
    }
  }
  const ignored = json('project.config.json').packOptions.ignore.map((i) => i.value);
  for (const n of ['node_modules', 'tests', 'tools', 'package.json', 'tsconfig.json']) assert.ok(ignored.includes(n), n);
});
