// Totals below the grid of a voucher, while one types. The page works without.
(() => {
  const lines = document.querySelector("[data-voucher-lines]");
  if (!lines) return;
  const fen = (name) =>
    [...lines.querySelectorAll(`input[name$="-${name}"]`)].reduce(
      (sum, input) => sum + Math.round(Number(input.value.replace(/[,，]/g, "") || 0) * 100),
      0,
    );
  const words = (amount) => (amount / 100).toLocaleString("zh-CN", { minimumFractionDigits: 2 });
  const put = (name, amount) => {
    const place = document.querySelector(`[data-total="${name}"]`);
    place.textContent = words(amount);
    place.classList.toggle("neg", name === "difference" ? amount !== 0 : amount < 0);
  };
  const total = () => {
    const debit = fen("debit");
    const credit = fen("credit");
    put("debit", debit);
    put("credit", credit);
    put("difference", debit - credit);
  };
  lines.addEventListener("input", total);
  total();
})();
