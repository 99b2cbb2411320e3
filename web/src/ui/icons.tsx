/** A square seal with the ledger’s tree cut into it, the way an old stamp would: by hand, a little uneven. */
export function Seal() {
  return (
    <svg className="seal-mark" viewBox="0 0 32 32" aria-hidden="true">
      <path
        fill="currentColor"
        d="M4.2 1.1 27.9.8q3 0 3.2 3.1l.2 23.8q-.1 3.2-3.3 3.4l-23.6.2Q1 31.2.9 27.9L.7 4.3Q.8 1.2 4.2 1.1Z"
      />
      <path
        className="seal-cut"
        fill="none"
        stroke="#fbf6ee"
        strokeWidth="2.4"
        strokeLinecap="square"
        d="M16 5.5V11M8.5 17v-6h15v6M5.5 26v-9h6v9M20.5 26v-9h6v9M16 17v9"
      />
    </svg>
  )
}

const paths = {
  tick: 'm4.5 12.5 5 5 10-11',
  cross: 'm6 6 12 12M18 6 6 18',
  refuse: 'M5.5 5.5l13 13M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  warn: 'M12 9v5M12 17.5v.1M12 3.5 21.5 20h-19Z',
  info: 'M12 11v6M12 7.5v.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  clock: 'M12 7v5l3.5 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  copy: 'M9 9h11v11H9ZM5 15H4V4h11v1',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5',
  save: 'M12 4v11M7 11l5 5 5-5M4 20h16',
} as const

export function Icon({ name }: { name: keyof typeof paths }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path
        d={paths[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
