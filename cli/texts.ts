import type { Bilingual } from '@bailee/sdk'

export type Language = 'en' | 'zh'
export type Values = Readonly<Record<string, string | number>>

/** Every sentence of the command line. `{name}` is filled in; a test holds both languages to the same names. */
export const texts = {
  usage: { en: 'Usage: bailee {words} {rest}', zh: '用法：bailee {words} {rest}' },
  commands: { en: 'Commands:', zh: '命令：' },
  options: { en: 'Options:', zh: '选项：' },
  intro: {
    en: 'bailee: check the ledger and work with a Bailee server. "bailee <command> --help" says more.',
    zh: 'bailee：核验账本并操作 Bailee 服务器。使用 "bailee <命令> --help" 查看详情。',
  },
  exitCodes: {
    en: 'Exit codes: 0 fine, 1 usage, 2 network or server error, 3 cannot judge, 4 VERIFICATION FAILED, 5 some looks were refused.',
    zh: '退出码：0 正常，1 用法错误，2 网络或服务器错误，3 无法判断，4 核验失败，5 部分查看被拒绝。',
  },
  commandUnknown: { en: 'There is no such command. Try "bailee --help".', zh: '没有该命令。请试 "bailee --help"。' },
  optionWrong: {
    en: 'An option is unknown or lacks its value: {option}. Try --help.',
    zh: '选项未知或缺少值：{option}。请试 --help。',
  },
  optionMissing: { en: 'The option --{option} is needed. Try --help.', zh: '需要选项 --{option}。请试 --help。' },
  optionInvalid: { en: 'The value of --{option} is not valid: {rule}.', zh: '--{option} 的值无效：{rule}。' },
  argumentsWrong: { en: 'The number of arguments is not right. Try --help.', zh: '参数个数不正确。请试 --help。' },
  keyAsArgument: {
    en: 'A key is never given as an argument: others could read it in the list of processes. Use BAILEE_KEY or --key-file.',
    zh: '密钥不得作为参数给出：他人可在进程列表中看到。请使用 BAILEE_KEY 或 --key-file。',
  },
  keyMissing: {
    en: 'A key is needed: set BAILEE_KEY or use --key-file.',
    zh: '需要密钥：请设置 BAILEE_KEY 或使用 --key-file。',
  },
  keyFileOpen: {
    en: 'Warning: the key file can be read by others on this machine.',
    zh: '警告：本机其他用户可以读取该密钥文件。',
  },
  fileUnreadable: { en: 'The file {file} could not be read ({why}).', zh: '无法读取文件 {file}（{why}）。' },
  fileNotJson: { en: 'The file {file} is not JSON.', zh: '文件 {file} 不是 JSON。' },
  serverUnreachable: {
    en: 'The server could not be reached: {what} ({why}).',
    zh: '无法连接服务器：{what}（{why}）。',
  },
  serverAnswered: { en: 'The server answered {status} for {what}.', zh: '服务器对 {what} 的答复是 {status}。' },
  serverRefused: { en: '{sentence} ({code})', zh: '{sentence}（{code}）' },
  replyTooLarge: { en: 'The answer for {what} is larger than it can be.', zh: '{what} 的答复超出应有大小。' },
  detailField: { en: '  where: {field}', zh: '  位置：{field}' },
  detailRule: { en: '  rule: {rule}', zh: '  规则：{rule}' },
  detailMissing: { en: '  missing: {missing}', zh: '  缺少：{missing}' },
  detailReceipt: { en: '  the refusal was logged as entry {entry}', zh: '  该拒绝已记入账本，条目 {entry}' },
  internal: { en: 'This is a fault in bailee itself: {why}', zh: '这是 bailee 自身的故障：{why}' },
  interrupted: { en: 'Interrupted.', zh: '已中断。' },
  outputClosed: {
    en: 'Nobody reads the output any more, so nothing more was opened.',
    zh: '输出端已关闭，因此不再开启任何内容。',
  },

  notRecognised: {
    en: 'This is neither a .tlog-proof, nor a proof, receipt or consent receipt in JSON, nor a checkpoint.',
    zh: '无法识别：既不是 .tlog-proof，也不是 JSON 形式的证明、回执或同意回执，也不是检查点。',
  },
  verdictGood: { en: 'VERIFIED: {what}.', zh: '核验通过：{what}。' },
  verdictBad: { en: 'VERIFICATION FAILED: {what}. Do not rely on it.', zh: '核验失败：{what}。请勿采信。' },
  verdictUnknown: {
    en: 'CANNOT JUDGE: {what}. What is marked with ? was not checked.',
    zh: '无法判断：{what}。标有 ? 的步骤未经核验。',
  },
  needPolicy: {
    en: 'Without a policy (--policy) or a key (--log-key) that you trust, a signature says nothing.',
    zh: '没有您信任的策略（--policy）或密钥（--log-key），签名不能说明任何问题。',
  },
  needReceiptKey: {
    en: 'Consent receipts are signed with a key of their own: give the provider’s, got elsewhere, with --receipt-key.',
    zh: '同意回执使用单独的密钥签署：请用 --receipt-key 提供从别处获得的提供者密钥。',
  },
  needLeaf: {
    en: 'The proof does not contain the entry itself: give it with --leaf.',
    zh: '证明本身不含条目：请用 --leaf 提供。',
  },
  policyFromServer: {
    en: 'The policy came from the server itself: this shows that it agrees with itself, not that it is the right one.',
    zh: '策略来自服务器本身：这只说明其自洽，不能说明它就是正确的服务器。',
  },
  policyLacksKey: {
    en: 'The policy does not name the key given with --log-key.',
    zh: '策略中没有 --log-key 所给的密钥。',
  },
  policyInvalid: { en: 'The policy cannot be used: {why}', zh: '策略无法使用：{why}' },
  logKeyInvalid: { en: 'The key given with --log-key cannot be used: {why}', zh: '--log-key 所给密钥无法使用：{why}' },
  promiseOnly: {
    en: 'A receipt is a promise. Ask for the proof of entry {entry}: it fell due at {deadline}.',
    zh: '回执只是承诺。请索取条目 {entry} 的证明：其期限为 {deadline}。',
  },
  whatItSays: { en: 'What it says:', zh: '其内容：' },
  kindEntry: { en: 'a ledger entry', zh: '账本条目' },
  kindReceipt: { en: 'a receipt (signed promise)', zh: '回执（签名承诺）' },
  kindConsent: { en: 'a consent receipt', zh: '同意回执' },
  kindCheckpoint: { en: 'a checkpoint', zh: '检查点' },

  'check.leaf': { en: 'the entry is well-formed', zh: '条目格式正确' },
  'check.index': { en: 'the place is the same in all parts', zh: '各部分中的位置一致' },
  'check.inclusion': { en: 'the entry is in the ledger', zh: '条目在账本之中' },
  'check.log-signature': { en: 'the ledger signed', zh: '账本已签名' },
  'check.log-signature-pq': { en: 'the ledger signed (post-quantum)', zh: '账本已签名（抗量子）' },
  'check.witnesses': { en: 'enough witnesses saw it', zh: '有足够的见证者见证' },
  'check.body': { en: 'the fields belong to the entry', zh: '所示内容属于该条目' },
  'check.receipt-form': { en: 'the receipt is well-formed', zh: '回执格式正确' },
  'check.receipt-signature': { en: 'the ledger signed the promise', zh: '账本签署了该承诺' },
  'check.consent-signature': { en: 'the key in the receipt signed the document', zh: '回执中的密钥签署了该文件' },
  'check.consent-key': { en: 'that key is one that you trust', zh: '该密钥为您所信任' },
  'check.form': { en: 'it is well-formed', zh: '格式正确' },
  'check.pinned-key': { en: 'the ledger still has the pinned key', zh: '账本仍使用已固定的密钥' },
  'check.origin': { en: 'it is the same ledger', zh: '是同一个账本' },
  'check.tiles': { en: 'the tiles make the signed root', zh: '分片与签名的根一致' },
  'check.consistency': { en: 'the ledger only grew', zh: '账本只有增长' },
  'check.audit': { en: 'every entry is under the signed root', zh: '每一条目都在签名的根之下' },
  'check.epochs': { en: 'the epochs’ tag indexes are complete', zh: '各时期的标签索引完整' },

  noState: {
    en: 'First use: pinned the policy of {origin} in {file}. Compare this key with one that you got elsewhere:\n  {vkey}',
    zh: '首次使用：已将 {origin} 的策略固定在 {file}。请与您从别处获得的密钥比对：\n  {vkey}',
  },
  stateDamaged: {
    en: 'The state file {file} is damaged ({why}). It was left as it is; without it this ledger’s past cannot be judged.',
    zh: '状态文件 {file} 已损坏（{why}）。文件保持原样；没有它便无法判断该账本的过去。',
  },
  stateOfOther: {
    en: 'The state file {file} belongs to {server}. Use another --state.',
    zh: '状态文件 {file} 属于 {server}。请使用其他 --state。',
  },
  stateUnwritable: {
    en: 'The state file {file} could not be written ({why}).',
    zh: '无法写入状态文件 {file}（{why}）。',
  },
  policyAdopted: { en: 'The policy given with --policy is now the pinned one.', zh: '已改用 --policy 所给的策略。' },
  policyOffered: {
    en: 'The server now offers another policy (other witnesses). The pinned one stays in force; adopt it with --policy if you agree.',
    zh: '服务器现提供另一策略（见证者不同）。仍以已固定的策略为准；如同意请用 --policy 采用。',
  },
  statusUnreachable: {
    en: 'The status could not be read, so its keys were not compared.',
    zh: '无法读取状态，因此未比对其密钥。',
  },
  olderShown: {
    en: 'The server showed an older checkpoint ({size}) of the same ledger.',
    zh: '服务器给出的是同一账本的较旧检查点（{size}）。',
  },
  tagRepeated: {
    en: 'A tag of epoch {epoch} was used {times} times.',
    zh: '时期 {epoch} 的一个标签被使用了 {times} 次。',
  },
  roundFine: {
    en: '{at}  {size} entries (+{grown})  root {root}  OK',
    zh: '{at}  {size} 条（+{grown}）  根 {root}  正常',
  },
  roundUnknown: {
    en: '{at}  {size} entries (+{grown})  root {root}  CANNOT JUDGE',
    zh: '{at}  {size} 条（+{grown}）  根 {root}  无法判断',
  },
  roundFailed: { en: '{at}  VERIFICATION FAILED', zh: '{at}  核验失败' },
  audited: { en: '  audited {size} entries, {epochs} epochs closed', zh: '  已审计 {size} 条，{epochs} 个时期已关闭' },
  evidenceLeft: { en: '  evidence: {file}', zh: '  证据：{file}' },
  willRetry: { en: 'Will try again in {seconds} s.', zh: '将于 {seconds} 秒后重试。' },
  auditing: { en: 'auditing', zh: '审计' },
  rotating: { en: 'wrapping', zh: '封装' },
  keysEpoch: { en: 'epoch {epoch}, until {at}', zh: '第 {epoch} 时期，至 {at}' },
  keysNoneOld: { en: 'No key of an ended epoch is left.', zh: '没有遗留的旧时期密钥。' },
  keysOld: {
    en: '{n} keys of ended epochs; the oldest must be destroyed by {at}',
    zh: '旧时期密钥 {n} 个；最早的须在 {at} 前销毁',
  },
  rotationFinished: {
    en: 'last rotation ended at {at}: {rewrapped} wrapped anew, {destroyed} old keys destroyed',
    zh: '上次轮换结束于 {at}：重新封装 {rewrapped} 个，销毁旧密钥 {destroyed} 个',
  },
  rotationStands: {
    en: 'rotation not finished, last moved at {at}: {rewrapped} wrapped anew, {destroyed} old keys destroyed',
    zh: '轮换尚未完成，最近进展 {at}：已重新封装 {rewrapped} 个，已销毁旧密钥 {destroyed} 个',
  },
  rotationDamaged: {
    en: '{n} sealed keys do not open and hold their epoch keys back; see "Key life" in docs/operations.md',
    zh: '有 {n} 个封装无法打开，其时期密钥因此不能销毁；参见 docs/operations.md 的 “Key life”',
  },
  rotationPaused: {
    en: 'Paused after {seen} rows. Run it again to go on.',
    zh: '已在 {seen} 行后暂停。再次运行即继续。',
  },
  looking: { en: 'looking', zh: '查看' },
  remaining: { en: '{time} left', zh: '剩余 {time}' },
  perSecond: { en: '{rate}/s', zh: '{rate}/秒' },

  statusUnverified: {
    en: 'As told by the server; nothing was verified here. "bailee ledger follow" verifies.',
    zh: '以上为服务器所述，此处未作核验。请用 "bailee ledger follow" 核验。',
  },
  statusSize: { en: '{origin}: {size} entries, root {root}', zh: '{origin}：{size} 条，根 {root}' },
  statusAt: {
    en: 'checkpoint of {at}; {backlog} promised and not yet placed; {lag} s behind',
    zh: '检查点时间 {at}；已承诺未入账 {backlog} 条；滞后 {lag} 秒',
  },
  statusBehind: { en: 'THE LEDGER IS BEHIND ITS DEADLINE: nothing is opened.', zh: '账本已超过期限：不开启任何内容。' },
  statusEpoch: { en: 'epoch {epoch} ends at {at}', zh: '时期 {epoch} 将于 {at} 结束' },
  statusWitness: { en: 'witness {name}: {state}', zh: '见证者 {name}：{state}' },
  witnessReachable: { en: 'reachable, seen size {size}', zh: '可达，已见规模 {size}' },
  witnessSilent: { en: 'NOT reachable', zh: '不可达' },
  noWitnesses: { en: 'no witnesses', zh: '没有见证者' },

  published: { en: 'Published {notice} version {version}.', zh: '已发布 {notice} 第 {version} 版。' },
  alreadyLive: {
    en: '{notice} version {version} is live already; nothing was published.',
    zh: '{notice} 第 {version} 版已经生效，未再发布。',
  },
  purposeLine: {
    en: '  for {purpose}: {title} ({basis}, {days} days): {fields}',
    zh: '  用于 {purpose}：{title}（{basis}，{days} 天）：{fields}',
  },
  noticeLine: {
    en: '{title}  [{slug}, version {version}, {state}]',
    zh: '{title}  [{slug}，第 {version} 版，{state}]',
  },
  live: { en: 'live', zh: '生效中' },
  notLive: { en: 'not live', zh: '未生效' },
  organisationMade: {
    en: 'Organisation {organisation}\nClient       {client}',
    zh: '组织   {organisation}\n客户端 {client}',
  },
  clientMade: { en: 'Client {client}', zh: '客户端 {client}' },
  keyOnce: { en: 'Key (shown once, keep it safe):', zh: '密钥（仅显示一次，请妥善保管）：' },
  linkMade: {
    en: 'Hand this to the person. It works once, until {at}:',
    zh: '请交给本人。仅可使用一次，有效期至 {at}：',
  },
  lookRefused: { en: '{person}  refused: {sentence} ({code})', zh: '{person}  被拒绝：{sentence}（{code}）' },
  looksDone: { en: '{done} opened, {refused} refused.', zh: '已开启 {done} 条，拒绝 {refused} 条。' },
  lineNotPerson: {
    en: 'Line {line} of the people is not a person id. Nothing was opened.',
    zh: '人员列表第 {line} 行不是人员编号。未开启任何内容。',
  },
  noPeople: { en: 'There are no people in the list.', zh: '列表中没有人员。' },
  personOrPeople: { en: 'Give either --person or --people.', zh: '请给出 --person 或 --people 其中之一。' },
  'check.chain': { en: 'my chain of entries has no gap', zh: '我的条目链没有缺口' },
  'check.single': { en: 'each of my tags was used once', zh: '我的每个标签只使用一次' },
  'check.absence': { en: 'nothing else was logged about me', zh: '没有关于我的其他留痕' },
  chainKeyWrong: {
    en: 'The key file is not right: {rule}.',
    zh: '密钥文件有误：{rule}。',
  },
  auditWhere: { en: 'Give either --server or --mirror.', zh: '请给出 --server 或 --mirror 其中之一。' },
  auditGood: {
    en: '{count} entries about you, from the {from}th on. Nothing else was logged about you up to this checkpoint ({size} entries, {epochs} closed epochs).',
    zh: '自第 {from} 条起共有 {count} 条关于您的留痕。截至此检查点（{size} 条，{epochs} 个已关闭时期），没有关于您的其他留痕。',
  },
  auditBad: {
    en: 'VERIFICATION FAILED. Keep these files: they are evidence.',
    zh: '核验失败。请保存这些文件作为证据。',
  },
  auditUnknown: { en: 'CANNOT JUDGE: what is marked with ? was not checked.', zh: '无法判断：标有 ? 的步骤未经核验。' },
  auditEntry: { en: '  your entry {n} is entry {index} of the ledger', zh: '  您的第 {n} 条是账本的第 {index} 条' },
  mappingWrong: { en: 'The mapping is not right at {where}: {rule}.', zh: '映射文件 {where} 有误：{rule}。' },
  columnMissing: { en: 'There is no column {column}.', zh: '没有列 {column}。' },
  keyNotUnique: {
    en: 'The key column {column} must be unique and never empty (a table needs a unique index on it).',
    zh: '键列 {column} 必须唯一且不为空（数据表须有唯一索引）。',
  },
  csvOpenQuote: { en: 'The CSV ends inside a quoted field.', zh: 'CSV 在引号字段内结束。' },
  sourceUnreachable: { en: 'The database could not be reached ({why}).', zh: '无法连接数据库（{why}）。' },
  sourceFailed: { en: 'The database refused a statement (SQLSTATE {why}).', zh: '数据库拒绝语句（SQLSTATE {why}）。' },
  databaseMissing: {
    en: 'A connection string is needed: set BAILEE_MIGRATE_DATABASE or use --database-file. It is never an argument.',
    zh: '需要连接串：请设置 BAILEE_MIGRATE_DATABASE 或使用 --database-file。连接串不得作为参数。',
  },
  confirmName: {
    en: 'A cut-over takes plain values away. Type the name again: --confirm {name}',
    zh: '切换将移除明文。请再次输入名称：--confirm {name}',
  },
  cutOverBlocked: {
    en: 'The cut-over would be refused by the table: {obstacles}.',
    zh: '数据表会拒绝切换：{obstacles}。',
  },
  migrationRuns: { en: 'This migration is running already.', zh: '该迁移已在运行。' },
  migrationResumable: {
    en: 'Stopped. Run the same command again to go on.',
    zh: '已停止。再次运行同一命令即可继续。',
  },
  migrationContinues: {
    en: 'Going on: {moved} rows were moved before, {refused} refused.',
    zh: '继续：此前已迁移 {moved} 行，拒绝 {refused} 行。',
  },
  migrated: {
    en: '{moved} rows moved in {seconds} s ({before} before); {empty} were empty.',
    zh: '已迁移 {moved} 行，用时 {seconds} 秒（此前 {before} 行）；空行 {empty}。',
  },
  migrationRefused: { en: '  {count} rows refused: {code}', zh: '  {count} 行被拒绝：{code}' },
  readBackDone: {
    en: '{compared} rows read back and compared: {different} different, {refused} refused.',
    zh: '回读核对 {compared} 行：不一致 {different}，被拒绝 {refused}。',
  },
  cutOverDone: {
    en: 'Plain values of {replaced} rows were replaced by person ids; {left} rows were left because they differ.',
    zh: '已将 {replaced} 行的明文替换为人员编号；{left} 行因不一致而保留。',
  },
  cutOverFile: {
    en: 'The result is {file}. The old file still holds everything: destroying it is up to you.',
    zh: '结果为 {file}。原文件仍含全部内容，请自行销毁。',
  },
  dryRunRows: {
    en: '{rows} rows, {empty} of them with nothing to move.',
    zh: '共 {rows} 行，其中 {empty} 行无可迁移内容。',
  },
  dryRunColumn: {
    en: '  {field}: {nulls} empty, {long} too long, {malformed} malformed, {duplicates} like another row',
    zh: '  {field}：空 {nulls}，过长 {long}，格式错误 {malformed}，与他行相同 {duplicates}',
  },
  dryRunObstacle: { en: '  before the cut-over: {obstacle}', zh: '  切换之前：{obstacle}' },
  counting: { en: 'counting', zh: '统计' },
  migrating: { en: 'migrating', zh: '迁移' },
  readingBack: { en: 'reading back', zh: '回读' },
} as const satisfies Record<string, Bilingual>

export type TextKey = keyof typeof texts

export const say = (language: Language, key: TextKey, values: Values = {}): string =>
  texts[key][language].replace(/\{([a-z]+)\}/g, (whole, name: string) => String(values[name] ?? whole))

export const isCheckText = (key: string): key is TextKey => Object.hasOwn(texts, key)

/** `--lang` decides, then the usual variables; English if they say nothing. */
export function chooseLanguage(given: string | undefined, env: Readonly<Record<string, string | undefined>>): Language {
  const said = given ?? [env.LC_ALL, env.LC_MESSAGES, env.LANG].find((value) => value !== undefined && value !== '')
  return said?.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}
