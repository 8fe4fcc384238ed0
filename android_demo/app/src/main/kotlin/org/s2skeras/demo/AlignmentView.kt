package org.s2skeras.demo

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.Canvas
import android.graphics.Paint
import android.util.TypedValue
import android.view.View
import org.s2skeras.demo.logic.AlignmentGrid

/** An alignment as a heat map: a column a source token, a row a target token, the darker the more. */
@SuppressLint("ViewConstructor") // made by TranslationPane, never by a layout
class AlignmentView(context: Context, private val grid: AlignmentGrid) : View(context) {
    private val cell = resources.getDimension(R.dimen.cell)
    private val gap = resources.getDimension(R.dimen.cell_gap)
    private val heat = Paint().apply { color = context.getColor(R.color.heat) }
    private val frame = Paint().apply {
        color = context.getColor(R.color.label)
        alpha = FRAME_ALPHA
        style = Paint.Style.STROKE
    }
    private val label = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        color = context.getColor(R.color.label)
        textSize = TypedValue.applyDimension(
            TypedValue.COMPLEX_UNIT_SP, LABEL_SP, resources.displayMetrics,
        )
    }
    private val left = widest(grid.rows) + gap
    private val top = widest(grid.columns) + gap

    init {
        contentDescription = context.getString(R.string.alignment_spoken, grid.spoken())
    }

    override fun onMeasure(widthMeasureSpec: Int, heightMeasureSpec: Int) {
        // The last column's label leans over the edge.
        val width = left + (grid.columns.size + 1) * cell
        val height = top + grid.rows.size * cell + cell
        setMeasuredDimension(
            resolveSize(width.toInt(), widthMeasureSpec),
            resolveSize(height.toInt(), heightMeasureSpec),
        )
    }

    override fun onDraw(canvas: Canvas) {
        super.onDraw(canvas)
        val baseline = (cell + label.textSize) / 2
        grid.columns.forEachIndexed { column, token ->
            canvas.save()
            canvas.translate(left + column * cell + baseline - gap, top - gap)
            canvas.rotate(UPWARDS)
            canvas.drawText(token, 0f, 0f, label)
            canvas.restore()
        }
        grid.rows.forEachIndexed { row, token ->
            val y = top + row * cell
            canvas.drawText(token, 0f, y + baseline - gap, label)
            for (column in grid.columns.indices) {
                val x = left + column * cell
                heat.alpha = (grid.weight(row, column) * OPAQUE).toInt()
                canvas.drawRect(x, y, x + cell - gap, y + cell - gap, heat)
                canvas.drawRect(x, y, x + cell - gap, y + cell - gap, frame)
            }
        }
    }

    private fun widest(tokens: List<String>): Float = tokens.maxOfOrNull(label::measureText) ?: 0f

    private companion object {
        const val FRAME_ALPHA = 40
        const val OPAQUE = 255
        const val LABEL_SP = 14f
        const val UPWARDS = -90f
    }
}
