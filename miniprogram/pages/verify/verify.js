// Rechecks a draw on this phone, in ten steps, and says of each what came out, and of the whole what was not looked at.
const { check } = require('../../lib/check');
const lottery = require('../../lib/lottery');
const link = require('../../lib/link');
const words = require('../../lib/words');

const NAMES = { format: '记录格式', manifest: '活动内容', commit: '密钥承诺', chain: '随机数来源', beacon: '公开随机数', lock: '锁定的名单',
  seed: '开奖种子', draw: '中奖结果', tickets: '完整名单', 'my-ticket': '我的号码' };
const OUTCOME = { ok: '通过', failed: '不符', unchecked: '未核验' };
const TONE = { ok: 'good', failed: 'bad', unchecked: 'muted' };

const stepOf = (s) => ({ number: s.number, name: NAMES[s.name], status: s.status, outcome: OUTCOME[s.status], tone: TONE[s.status],
  text: s.textZh });

function verdictOf(report, label) {
  const warnings = [];
  if (report.late) warnings.push('名单锁定有延迟，名单与随机数的先后只能相信运营方。');
  if (report.trusted) warnings.push('本次开奖没有使用公开随机数，需要信任运营方。');
  if (label === 'development-beacon') warnings.push('本次开奖使用试用随机源，核验通过也不能证明公平。');
  if (report.failed) return { text: '核验不通过：记录前后不一致。请保留收据，并联系发起人和运营方。', tone: 'bad', warnings };
  return { text: '已核验的各项均一致。', tone: 'good', warnings };
}

function keptLines(kept) {
  return [
    kept.manifest ? '首次看到活动时的指纹：有' : '首次看到活动时的指纹：无',
    kept.receipt ? '参加时的收据：有' : '参加时的收据：无',
    kept.lock ? `开奖前看到的名单摘要：有（${words.time(kept.lock.seen)}）` : '开奖前看到的名单摘要：无，因此不能证明名单是在开奖之前锁定的',
  ];
}

Component({
  data: {
    id: '',
    title: '',
    busy: false,
    message: '',
    verdict: /** @type {any} */ (null),
    steps: /** @type {any[]} */ ([]),
    kept: /** @type {string[]} */ ([]),
    unchecked: /** @type {string[]} */ ([]),
  },
  methods: {
    onLoad(options) {
      this.setData({ id: link.idOf(options) });
      return this.run();
    },
    async run() {
      if (this.data.busy) return;
      this.setData({ busy: true, message: '', verdict: null });
      try {
        const event = await lottery.event(this.data.id);
        this.report(event, await check(event));
      } catch (e) {
        this.setData({ message: words.sentence(e) });
      }
      this.setData({ busy: false });
    },
    report(event, { report, kept }) {
      this.setData({
        title: event.title,
        verdict: verdictOf(report, event.fairness.label),
        steps: report.steps.map(stepOf),
        kept: keptLines(kept),
        unchecked: report.uncheckedZh,
      });
    },
  },
});
