import type { Certificate, Diary, Member, World } from './day.ts'
import type { Found } from './verify.ts'

/** What the demonstration says, in English and in Chinese, for a terminal of 80 columns. */
export const say = (text = ''): void => {
  process.stdout.write(`${text}\n`)
}

export function step(en: string, zh: string): void {
  say(`\n${en} · ${zh}`)
}

/** A bar that redraws itself on a terminal; elsewhere one line when all is done. */
export function progress(en: string, zh: string, total: number): (done: number) => void {
  let drawnAt = 0
  return (done) => {
    const isLast = done === total
    if (!isLast && (process.stdout.isTTY !== true || performance.now() - drawnAt < 80)) return
    drawnAt = performance.now()
    const filled = Math.round((done / total) * 24)
    const line = `  ${'█'.repeat(filled)}${'░'.repeat(24 - filled)} ${done}/${total} ${en} · ${zh}`
    process.stdout.write(process.stdout.isTTY === true ? `\r\u001b[K${line}${isLast ? '\n' : ''}` : `${line}\n`)
  }
}

const headings: Readonly<Record<string, string>> = {
  1: '1 Consent is the key · 同意即钥匙',
  2: '2 No look without a trace · 查看必留痕',
  3: '3 Anyone can check · 人人可核验',
  4: '4 Forgetting is real · 删除真实有效',
  5: '5 The watchers are watched · 监督者受监督',
  rights: 'Everyday rights · 日常权利',
  tampering: 'Tampering is noticed · 篡改必被发现',
}

export function tellFound(found: readonly Found[]): void {
  let last: Found['promise'] | undefined
  for (const { promise, en, zh } of found) {
    if (promise !== last) say(`\n${headings[promise]}`)
    last = promise
    say(`  ok  ${en}`)
    say(`      ${zh}`)
  }
}

export function tellCertificate(certificate: Certificate): void {
  const { person, erasedAt, keys, drawers, unrecoverableAfter, receipt } = certificate
  say('\n  Certificate of erasure · 删除证明')
  say(`    person · 人员       ${person}`)
  say(`    erased · 删除时间   ${erasedAt}`)
  say(`    destroyed · 销毁    ${keys} keys · 密钥, ${drawers} drawers · 抽屉`)
  say(`    no backup opens it after · 此后任何备份均无法开启 ${unrecoverableAfter.at}`)
  say(`    entry · 条目        ${receipt.entry}`)
}

export function tellDay({ members, acts, untraced }: Diary): void {
  const count = (test: (act: Diary['acts'][number]) => boolean) => acts.filter(test).length
  const looks = count(({ what, refused }) => what === 'look' && refused === undefined)
  const refused = count(({ refused }) => refused !== undefined)
  const finds = count(({ what }) => what === 'find')
  say(`  ${members.length} people, ${looks} looks, ${refused} refused looks, ${finds} finds`)
  say(`  ${members.length} 人，${looks} 次查看，${refused} 次被拒，${finds} 次检索命中`)
  if (untraced.length > 0) say(`  ${untraced.length} without a receipt · 无收据`)
}

/** Behind #, so that the token is in no request line and in no log. */
export function tellLinks(url: string, links: readonly { readonly who: string; readonly path: string }[]): void {
  say('\n  As a person · 作为本人     each link works once, for 15 minutes')
  say('                             每个链接仅可使用一次，15 分钟内有效')
  for (const { who, path } of links) say(`    ${who}\n    ${url}${path}`)
  if (process.stdin.isTTY === true) say('    Press Enter for new links · 按回车键获取新链接')
}

export function tellWhereToLook(
  { url, shop, providers }: World,
  people: readonly Member[],
  portalIsBuilt: boolean,
  dataDirectory: string,
): void {
  const at = (path: string) => `${url}${path}`
  say(`\n${'─'.repeat(78)}`)
  say('Where to look · 请看这里')
  say(`\n  Portal · 门户             ${at('/')}`)
  if (!portalIsBuilt) say('    not built yet; `npm run build`, then again · 尚未构建，请先运行 npm run build')
  say(`  Public ledger · 公开账本   ${at('/public')}`)
  say(`    checkpoint · 检查点      ${at('/ledger/checkpoint')}`)
  say(`    state · 状态             ${at('/v1/ledger/status')}`)
  say(`    notices · 告知规则       ${at('/v1/notices')}`)
  say(`  API · 接口文档             ${at('/reference')}`)
  say(`\nProviders · 提供者`)
  for (const { name, organisation } of providers) say(`  ${name.en} · ${name.zh}\n    ${organisation}`)
  say('\nWhat to try · 可以试试')
  say('  1 Open the first link: who looked, and why? Find the look in the night.')
  say('    打开第一个链接：谁看过、为什么？找出那次夜间查看。')
  say('  2 Open one entry and let the browser check its proof.')
  say('    打开一个条目，让浏览器核验证明。')
  say('  3 Withdraw a purpose, then see who is refused.')
  say('    撤回一个目的，再看谁被拒绝。')
  say('  4 Be an auditor, in another window · 在另一窗口当一次审计员:')
  say(`      npm run bailee -- ledger follow --audit --server ${url}`)
  say('  5 Be a clerk of the shop, then reload the list · 当一次店员，再刷新清单:')
  say(`      export BAILEE_SERVER=${url}`)
  say(`      export BAILEE_KEY=${shop.deskKey}`)
  say('      npm run bailee -- look --purpose delivery --fields name,phone \\')
  say(`        --person ${people[0]?.person}`)
  say('  6 Watch all five promises being verified · 观看五项承诺逐一核验:')
  say('      npm run demo -- --once')
  say('\nYour own provider · 您自己的提供者')
  say('  npm start   makes an empty server and prints a set-up link that works once')
  say('              启动空白服务器，并给出仅可使用一次的初始化链接')
  say(`\nEverybody here is invented. The data lies in ${dataDirectory}`)
  say('and is made anew at each start. 一切人员均为虚构，每次启动都会重新生成。')
  say('Stop with Ctrl-C · 按 Ctrl-C 停止')
}
