// Numbers as the picture has them: −0.3917, 1.2·10⁻⁷, [1, −2], ‖·‖.

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const raised = (power) =>
  [...String(power)].map((c) => (c === "-" ? "⁻" : SUPERSCRIPT[c])).join("");

export function number(value, digits = 4) {
  if (Number.isNaN(value)) return "NaN";
  const sign = value < 0 ? "−" : "";
  const size = Math.abs(value);
  if (size === Infinity) return `${sign}∞`;
  if (Number.isInteger(size) && size < 1e6) return `${sign}${size}`;
  const [mantissa, power] = size.toExponential(digits - 1).split("e").map(Number);
  if (power >= -4 && power < digits) return sign + Number(size.toPrecision(digits));
  const ten = `10${raised(power)}`;
  return sign + (mantissa === 1 ? ten : `${mantissa}·${ten}`);
}

const norm = (data) => Math.sqrt(data.reduce((sum, v) => sum + v * v, 0));
export const MOST = 64;

const FORMS = {
  number: ({ data }, { entry, digits }) => number(data[entry], digits),
  factor: ({ data }, { entry, digits }) =>
    data[entry] < 0 ? `(${number(data[entry], digits)})` : number(data[entry], digits),
  vector: ({ data }, { digits }) =>
    `[${[...data].map((v) => number(v, digits)).join(", ")}]`,
  norm: ({ data }) => number(norm(data)),
  range: ({ data }) => {
    const wrong = data.filter((v) => !Number.isFinite(v)).length;
    if (wrong) return `⚠ ${wrong} of ${data.length} not finite`;
    return `${number(Math.min(...data), 3)} … ${number(Math.max(...data), 3)}`;
  },
  list: ({ data }) => {
    const text = [...data.slice(0, MOST)].map((v) => number(v)).join(", ");
    if (data.length <= MOST) return text;
    return `${text}, … (${data.length} numbers, ‖·‖ = ${number(norm(data))})`;
  },
};

export const written = (reading, array) => FORMS[reading.form](array, reading);

// What a reading says: as the picture was drawn, or of what the machine computes now.
export function read(reading, machine) {
  if (!machine || !machine.changed) return reading.was;
  return written(reading, machine.value(reading.at));
}

export const say = (parts, machine) =>
  parts.map((part) => (typeof part === "string" ? part : read(part, machine))).join("");
