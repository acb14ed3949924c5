/** Shifts the clock of a Node process by `ANOTHER_DAY` seconds; see `sitecustomize.py`. */
const ahead = Number(process.env.ANOTHER_DAY) * 1000;
const RealDate = Date;
const now = RealDate.now;

globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length ? given : [now() + ahead]));
  }

  static now() {
    return now() + ahead;
  }
};
