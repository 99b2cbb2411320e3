import { type Kind, squeezed } from './kind.ts'

const municipalities = ['北京', '上海', '天津', '重庆']
const provinceSuffixes = ['特别行政区', '自治区', '省']
const citySuffixes = ['自治州', '地区', '盟', '市']
const districtSuffixes = ['自治县', '自治旗', '新区', '区', '县', '旗', '市']
/** No division has a longer name; further on a suffix belongs to a street or a house. */
const longestName = 15

/** The text up to the nearest of these suffixes, with it. A suffix that begins the text names nothing. */
function upTo(text: string, suffixes: readonly string[]): string | undefined {
  let end: number | undefined
  for (const suffix of suffixes) {
    const at = text.slice(0, longestName).indexOf(suffix, 1)
    if (at > 0 && (end === undefined || at + suffix.length < end)) end = at + suffix.length
  }
  return end === undefined ? undefined : text.slice(0, end)
}
export interface Divisions {
  readonly province?: string
  readonly city?: string
  readonly district?: string
}
/** Province, city and district as they are written; what is not written is not guessed. */
export function divisionsOf(value: string): Divisions {
  let rest = squeezed(value.slice(0, 200)).replace(/^中国/, '')
  const municipality = municipalities.find((name) => rest.startsWith(name))
  let province: string | undefined
  let city: string | undefined
  if (municipality) {
    province = `${municipality}市`
    city = province
    rest = rest.slice(municipality.length).replace(/^市/, '')
    // Written twice by many forms: 北京市北京市朝阳区.
    if (rest.startsWith(province)) rest = rest.slice(province.length)
    rest = rest.replace(/^市辖区/, '')
  } else {
    province = upTo(rest, provinceSuffixes)
    rest = rest.slice(province?.length ?? 0)
    city = upTo(rest, citySuffixes)
    rest = rest.slice(city?.length ?? 0)
  }
  const district = upTo(rest, districtSuffixes)
  return { ...(province ? { province } : {}), ...(city ? { city } : {}), ...(district ? { district } : {}) }
}

export const address: Kind = {
  broken: (value) => (value.includes('\0') ? 'must not contain U+0000' : undefined),
  normaliser: 2,
  normalise: (value) =>
    squeezed(value)
      .replace(/[,.，。、]/g, '')
      .toLowerCase(),
  forms: {
    province: (value) => divisionsOf(value).province,
    city: (value) => divisionsOf(value).city,
    district: (value) => divisionsOf(value).district,
  },
}
