// Adds up the refund form while it is filled in; without it the form works, only without the sum.
for (const form of document.querySelectorAll("[data-refund]")) {
  const digits = Number(form.dataset.digits);
  const { currency } = form.dataset;
  const writing = new Intl.NumberFormat("en", {
    style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits,
  });
  const minor = (name) => {
    const text = form.elements[`refund-${name}`].value.replace(",", ".").replace("−", "-");
    return Math.round(Number(text || 0) * 10 ** digits);
  };
  const sum = () => {
    let total = minor("shipping") + minor("adjustment");
    for (const cell of form.querySelectorAll("[data-values]")) {
      total += JSON.parse(cell.dataset.values)[Number(cell.querySelector("input").value || 0)] ?? NaN;
    }
    form.querySelector("[data-sum]").value = total > 0 ? writing.format(total / 10 ** digits) : "";
  };
  form.addEventListener("input", sum);
  sum();
}
