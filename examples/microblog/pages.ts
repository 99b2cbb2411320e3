import type { Language } from '@bailee/sdk'
import type { Post } from './members.ts'
import { notice } from './notice.ts'

/** Text that is markup already. Everything else is escaped on its way into a page. */
class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}
type Piece = string | Html | readonly Html[]
const escaped = (text: string) => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`)
const written = (piece: Piece): string =>
  typeof piece === 'string' ? escaped(piece) : piece instanceof Html ? piece.text : piece.map(written).join('')
const html = (parts: TemplateStringsArray, ...pieces: readonly Piece[]) =>
  new Html(parts.map((part, at) => part + (at < pieces.length ? written(pieces[at]!) : '')).join(''))

export const style = `body{font:1.1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:auto;padding:1rem;color:#1c1c1c;background:#fff}
nav a{margin-right:1rem}a{color:#0b4f8a}label{display:block;margin-top:.8rem}input:not([type=checkbox]),textarea{width:100%;box-sizing:border-box;font:inherit;border:1px solid #555;padding:.4rem}
button{font:inherit;margin-top:.8rem;padding:.4rem 1rem}:focus-visible{outline:3px solid #b34700;outline-offset:2px}li{overflow-wrap:anywhere}`

export interface Shown {
  readonly purpose: string
  /** Undefined when the purpose is not, or no longer, agreed to. */
  readonly values: Readonly<Record<string, string>> | undefined
}

/** Every page, in one language. */
export function pagesIn(language: Language) {
  const say = (en: string, zh: string) => (language === 'en' ? en : zh)
  const titleOf = (purpose: string) => notice.purposes.find(({ id }) => id === purpose)!.title[language]
  const fields = notice.categories.flatMap((category) =>
    category.fields.map(({ name, title }) => ({ name, title: title[language], purposes: category.purposes })),
  )
  const fieldTitle = (name: string) => fields.find((field) => field.name === name)!.title
  const page = (title: string, main: Html): string =>
    html`<!doctype html><html lang="${language === 'en' ? 'en' : 'zh-CN'}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><link rel="stylesheet" href="/style.css">
<header><nav aria-label="${say('Pages', '页面')}"><a href="/">${say('Timeline', '时间线')}</a><a href="/sign-up">${say('Sign up', '注册')}</a><a href="/profile">${say('Profile', '我的资料')}</a><a href="/settings">${say('Settings', '设置')}</a><a href="?lang=${say('zh', 'en')}" lang="${say('zh-CN', 'en')}">${say('中文', 'English')}</a></nav></header>
<main><h1>${title}</h1>${main}</main></html>`.text

  return {
    signUp: (snapshot: string, attempt: string) =>
      page(
        say('Sign up', '注册'),
        html`<p>${notice.contact[language]}</p><ul>${notice.purposes.map(
          ({ id, title, basis, retentionDays }) =>
            html`<li>${title[language]}: ${fields
              .filter(({ purposes }) => (purposes as readonly string[]).includes(id))
              .map((field) => field.title)
              .join(say(', ', '、'))}; ${String(retentionDays)} ${say('days', '天')}. ${
              basis === 'contract'
                ? say('Needed for your account; you are told, not asked.', '账号所必需，在此告知。')
                : say('Only if you choose it below.', '仅在您于下方选择后。')
            }</li>`,
        )}</ul><form method="post" action="/sign-up"><input type="hidden" name="snapshot" value="${snapshot}"><input type="hidden" name="attempt" value="${attempt}">
<label>${say('Handle, which everybody sees (a-z, 0-9)', '公开的昵称（a-z、0-9）')}<input name="handle" required pattern="[a-z0-9]{2,20}"></label>
${fields.map(({ name, title }) => html`<label>${title}<input name="${name}" maxlength="200"></label>`)}
<fieldset><legend>${say('May we also…', '是否同意…')}</legend>${notice.purposes
          .filter(({ basis }) => basis === 'consent')
          .map(
            ({ id, title }) =>
              html`<label><input type="checkbox" name="purpose" value="${id}"> ${title[language]}</label>`,
          )}<p>${say('What serves only a purpose that you leave out is not kept.', '仅用于未选目的的信息不会被保存。')}</p></fieldset><button>${say('Sign up', '注册')}</button></form>`,
      ),
    timeline: (posts: readonly Post[], signedIn: boolean) =>
      page(
        say('Timeline', '时间线'),
        html`${signedIn ? html`<form method="post" action="/posts"><label>${say('Say something', '说点什么')}<textarea name="text" required maxlength="500"></textarea></label><button>${say('Post', '发布')}</button></form>` : ''}<ul>${posts.map(({ handle, text }) => html`<li><b>@${handle}</b> ${text}</li>`)}</ul>`,
      ),
    profile: (handle: string, shown: readonly Shown[]) =>
      page(
        `@${handle}`,
        html`${shown.map(
          ({ purpose, values }) =>
            html`<section><h2>${titleOf(purpose)}</h2>${
              values
                ? html`<dl>${Object.entries(values).map(([name, value]) => html`<dt>${fieldTitle(name)}</dt><dd>${value}</dd>`)}</dl>`
                : html`<p>${say('This may not, or no longer, be shown: there is no consent for “', '不得（或不得再）显示：没有针对“')}${titleOf(purpose)}${say('”.', '”的同意。')}</p>`
            }</section>`,
        )}`,
      ),
    settings: () =>
      page(
        say('Settings', '设置'),
        html`<form method="post" action="/settings/address"><label>${say('New delivery address', '新的收货地址')}<input name="address" required maxlength="200"></label><button>${say('Change', '更改')}</button></form>
${notice.purposes
  .filter(({ basis }) => basis === 'consent')
  .map(
    ({ id, title }) =>
      html`<form method="post" action="/settings/withdraw"><input type="hidden" name="purpose" value="${id}"><button>${say('Withdraw: ', '撤回：')}${title[language]}</button></form>`,
  )}
<form method="post" action="/settings/link"><button>${say('See who looked at my information', '查看谁看过我的信息')}</button></form>
<form method="post" action="/settings/delete"><button>${say('Delete my account for ever', '永久删除我的账号')}</button></form>`,
      ),
    problem: (code: string) =>
      page(
        say('That did not work', '未能完成'),
        html`<p>${code === 'unreachable' ? say('Your information is kept elsewhere, and cannot be reached just now. Nothing was lost; try again later.', '保存您信息的服务暂时无法连接。没有丢失任何内容，请稍后再试。') : say('The request was refused.', '请求被拒绝。')}</p><p><code>${code}</code></p>`,
      ),
  }
}
