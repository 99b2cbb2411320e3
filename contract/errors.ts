/**
 * Every error code of the wire. Each appears in docs/errors.md; a test keeps both lists equal.
 * A code is never renamed: callers act on it. The titles leak nothing and are fit to be shown to a person.
 */
export const errorCatalogue = {
  // platform
  body_too_large: { status: 413, en: 'The request body is too large.', zh: '请求内容过大。' },
  body_malformed: { status: 400, en: 'The request body is not well-formed JSON.', zh: '请求内容不是有效的 JSON。' },
  body_too_deep: { status: 400, en: 'The request body is nested too deeply.', zh: '请求内容嵌套过深。' },
  text_not_unicode: { status: 400, en: 'A text is not valid Unicode.', zh: '文本不是有效的 Unicode。' },
  schema_violation: { status: 422, en: 'A member of the request breaks its rule.', zh: '请求中的某一项不符合规则。' },
  media_type_unsupported: {
    status: 415,
    en: 'Only application/json is accepted here.',
    zh: '此处只接受 application/json。',
  },
  route_unknown: { status: 404, en: 'There is nothing at this address.', zh: '该地址不存在。' },
  rate_limited: { status: 429, en: 'Too many requests. Please wait a moment.', zh: '请求过于频繁，请稍候。' },
  idempotency_key_required: {
    status: 400,
    en: 'This request acts and needs an Idempotency-Key header.',
    zh: '此请求会产生效果，需要 Idempotency-Key 请求头。',
  },
  idempotency_key_malformed: {
    status: 400,
    en: 'The Idempotency-Key must be 8 to 128 visible ASCII characters.',
    zh: 'Idempotency-Key 必须是 8 至 128 个可见 ASCII 字符。',
  },
  idempotency_key_reused: {
    status: 422,
    en: 'This Idempotency-Key was used for another request.',
    zh: '该 Idempotency-Key 已用于另一请求。',
  },
  cursor_malformed: { status: 400, en: 'The cursor is not one that we gave.', zh: '游标无效。' },
  cross_site_request: { status: 403, en: 'This request came from another site.', zh: '此请求来自其他网站。' },
  internal: {
    status: 500,
    en: 'Something went wrong on our side. Nothing was revealed.',
    zh: '服务器内部出错，未泄露任何信息。',
  },
  unavailable: { status: 503, en: 'The service is not ready. Please try again.', zh: '服务暂不可用，请稍后再试。' },
  // parties
  credentials_missing: { status: 401, en: 'Sign in or present a key.', zh: '请登录或出示密钥。' },
  credentials_invalid: { status: 401, en: 'The key or session is not valid.', zh: '密钥或会话无效。' },
  ability_missing: { status: 403, en: 'This key or role may not do that.', zh: '该密钥或角色无权执行此操作。' },
  setup_closed: { status: 409, en: 'Set-up has already been completed.', zh: '初始化已经完成。' },
  setup_token_invalid: { status: 403, en: 'The set-up token is not valid.', zh: '初始化令牌无效。' },
  link_invalid: { status: 403, en: 'This link is used up, expired or unknown.', zh: '该链接已使用、已过期或不存在。' },
  passkey_invalid: { status: 403, en: 'The passkey could not be verified.', zh: '无法验证通行密钥。' },
  client_unknown: { status: 404, en: 'There is no such client.', zh: '该客户端不存在。' },
  person_unknown: { status: 404, en: 'There is no such person here.', zh: '此处没有该人员。' },
  approval_unknown: { status: 404, en: 'There is no such approval.', zh: '该审批不存在。' },
  approval_needed: { status: 403, en: 'This act needs the approval of a second person.', zh: '此操作需要第二人审批。' },
  approval_same_person: { status: 403, en: 'The second person must be someone else.', zh: '审批人必须是另一人。' },
  approval_expired: { status: 409, en: 'The approval has expired or was used.', zh: '审批已过期或已使用。' },
  // ledger
  entry_unknown: { status: 404, en: 'There is no such ledger entry for you.', zh: '没有可供您查看的该账本条目。' },
  entry_pending: {
    status: 409,
    en: 'The entry is promised but not yet sequenced. Try again in a second.',
    zh: '条目已承诺但尚未排序，请稍后再试。',
  },
  index_out_of_range: { status: 404, en: 'The ledger has no such index.', zh: '账本中没有该序号。' },
  epoch_unknown: { status: 404, en: 'There is no such closed epoch.', zh: '没有该已关闭的时期。' },
  tile_unknown: { status: 404, en: 'There is no such tile.', zh: '没有该分片。' },
  tile_damaged: {
    status: 503,
    en: 'A stored tile does not match the ledger. It was not served.',
    zh: '存储的分片与账本不符，未予提供。',
  },
  ledger_behind: {
    status: 503,
    en: 'The ledger is behind its deadline, so nothing is opened.',
    zh: '账本已超过期限，因此不开启任何内容。',
  },
  // notices
  notice_unknown: { status: 404, en: 'There is no such notice.', zh: '该告知规则不存在。' },
  notice_invalid: { status: 422, en: 'The notice contradicts itself.', zh: '告知规则自相矛盾。' },
  snapshot_altered: {
    status: 422,
    en: 'The notice snapshot was altered or is not ours.',
    zh: '告知快照被改动或并非由我方签发。',
  },
  snapshot_stale: {
    status: 409,
    en: 'The notice snapshot has expired or a newer version is live. Show the notice again.',
    zh: '告知快照已过期或有新版本，请重新展示告知。',
  },
  purpose_unknown: { status: 422, en: 'No live notice states this purpose.', zh: '没有生效的告知载明此目的。' },
  consent_unknown: { status: 404, en: 'There is no such consent.', zh: '该同意不存在。' },
  recipient_unknown: {
    status: 422,
    en: 'The notice names no such recipient for these purposes.',
    zh: '告知未就这些目的列明该接收方。',
  },
  separate_consent_bundled: {
    status: 422,
    en: 'This needs a consent of its own and was bundled with others.',
    zh: '此项须单独同意，不得与其他事项捆绑。',
  },
  basis_not_consent: {
    status: 409,
    en: 'This does not rest on consent, so it is not for consent to end it.',
    zh: '此项并非基于同意，不能以撤回或拒绝同意的方式终止。',
  },
  asked_too_soon: {
    status: 409,
    en: 'The person refused this lately and may not be asked again yet.',
    zh: '本人近期已拒绝，暂不得再次询问。',
  },
  guardian_needed: {
    status: 403,
    en: 'For a child of this age a guardian consents.',
    zh: '该年龄的未成年人须由监护人同意。',
  },
  guardian_not_theirs: {
    status: 403,
    en: 'This guardian does not act for this person.',
    zh: '该监护人无权代表此人。',
  },
  // vault
  field_not_covered: { status: 422, en: 'No live notice covers this field.', zh: '没有生效的告知涵盖此项信息。' },
  field_not_allowed: {
    status: 403,
    en: 'The notice does not allow this field for this purpose.',
    zh: '告知不允许为此目的使用该项信息。',
  },
  purpose_not_bound: { status: 403, en: 'This key is not bound to that purpose.', zh: '该密钥未绑定此目的。' },
  grant_missing: {
    status: 403,
    en: 'There is no live grant for this purpose, so there is no key.',
    zh: '没有针对此目的的有效授权，因此没有密钥。',
  },
  record_unknown: { status: 404, en: 'There is no such record.', zh: '该记录不存在。' },
  record_exists: {
    status: 409,
    en: 'This record already holds information of this category.',
    zh: '该记录已有此类信息。',
  },
  field_not_searchable: { status: 422, en: 'This field is not searchable.', zh: '该字段不可检索。' },
  field_invalid: { status: 422, en: 'A value is not what its field says it is.', zh: '填写的值与该项信息的类型不符。' },
  file_too_large: { status: 413, en: 'The file is larger than 5 MB.', zh: '文件超过 5 MB。' },
  form_unknown: {
    status: 422,
    en: 'This field has no such masked or derived form.',
    zh: '该项信息没有这种脱敏或派生形式。',
  },
  domain_too_small: {
    status: 422,
    en: 'The value is too short for a format-preserving token.',
    zh: '该值过短，不能生成保留格式的令牌。',
  },
  token_unknown: {
    status: 404,
    en: 'There is no such token, or it never resolves.',
    zh: '没有该令牌，或该令牌不可解析。',
  },
  recipient_not_agreed: {
    status: 403,
    en: 'The person has not agreed separately to this recipient.',
    zh: '本人未就该接收方单独同意。',
  },
  held: { status: 409, en: 'This person’s information is under a legal hold.', zh: '该人员的信息正处于依法保全中。' },
  hold_unknown: { status: 404, en: 'There is no such hold.', zh: '没有该保全。' },
  hold_too_long: { status: 422, en: 'A hold must end, within three years.', zh: '保全必须有期限，最长三年。' },
  find_quota_exceeded: { status: 429, en: 'The quota for searches is used up.', zh: '检索配额已用完。' },
  seal_broken: {
    status: 500,
    en: 'The sealed information does not open: it was damaged or moved. Nothing was revealed.',
    zh: '密封信息无法开启：可能已损坏或被移动。未泄露任何信息。',
  },
  person_erased: { status: 410, en: 'This person’s information was erased.', zh: '该人员的信息已被删除。' },
  key_unavailable: {
    status: 503,
    en: 'A key is not available, so nothing is opened.',
    zh: '密钥不可用，因此不开启任何内容。',
  },
  // demands
  demand_unknown: { status: 404, en: 'There is no such demand.', zh: '该请求不存在。' },
  demand_state: {
    status: 409,
    en: 'The demand is not in a state that allows this.',
    zh: '该请求的当前状态不允许此操作。',
  },
  demand_not_overdue: {
    status: 409,
    en: 'The clock of this demand has not run out.',
    zh: '该请求的期限尚未届满。',
  },
  extension_not_allowed: {
    status: 409,
    en: 'The law allows no extension of this clock, or none any more.',
    zh: '法律不允许延长该期限，或已不能再延长。',
  },
  refusal_reason_unfit: {
    status: 422,
    en: 'This is no lawful reason for refusing a demand of this kind.',
    zh: '此理由不能用于拒绝该类请求。',
  },
  identity_pending: {
    status: 409,
    en: 'It has not been established who makes this demand.',
    zh: '尚未核实请求人身份。',
  },
  evidence_needed: {
    status: 422,
    en: 'A reference for how the identity was checked is needed.',
    zh: '需要提供身份核验的参考编号。',
  },
  zone_unknown: { status: 422, en: 'There is no such time zone.', zh: '没有该时区。' },
  viewer_needed: {
    status: 400,
    en: 'A representative must say who is looking.',
    zh: '代理查看须表明查看者身份。',
  },
  period_invalid: { status: 422, en: 'The period ends before it starts.', zh: '期间的结束早于开始。' },
} as const

export type ErrorCode = keyof typeof errorCatalogue
